import socket
import threading
import time

visits = []  # for the statistics at the end


def calculate(line):
    try:
        base, exponent = [float(x) for x in line.split(b" ")]
        return b"%.4f\n" % (base**2 * exponent)
    except (ValueError, OverflowError):
        return b"error\n"


def work(conn):
    rest = b""
    try:
        while part := conn.recv(512):
            rest += part
            while b"\n" in rest:
                line, _, rest = rest.partition(b"\n")
                conn.sendall(calculate(line))
            if len(rest) > 60_000:
                break
        if rest:
            conn.sendall(calculate(rest))
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def main():
    srv = socket.create_server(("127.0.0.1", 12312), backlog=100)
    while True:
        conn, address = srv.accept()
        visits.append((time.ctime(), address, conn))
        threading.Thread(target=work, args=(conn,), daemon=True).start()


try:
    main()
except KeyboardInterrupt:
    print(len(visits), "visits")
