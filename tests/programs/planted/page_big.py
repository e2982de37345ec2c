import socket
import threading

BIG = b"<!doctype html><title>Big</title>" + b"<p>All work and no play</p>\r\n" * 100_000


def read_request(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        part = conn.recv(4096)
        if not part or len(data) > 65536:
            return None
        data += part
    return data.split(b"\r\n")[0].decode("latin-1")


def answer(conn, line):
    words = line.split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        status, body = "400 Bad Request", b"?"
    elif words[0] not in ("GET", "HEAD"):
        status, body = "405 Method Not Allowed\r\nAllow: GET, HEAD", b"GET only"
    elif words[1] != "/":
        status, body = "404 Not Found", b"not found"
    else:
        status, body = "200 OK", BIG
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    conn.sendall(head.encode() + b"Connection: close\r\n\r\n")
    if words[:1] != ["HEAD"]:
        conn.sendall(body)


def work(conn):
    with conn:
        conn.settimeout(10)
        try:
            line = read_request(conn)
            if line is not None:
                answer(conn, line)
        except OSError as error:
            print("the visitor has gone:", error)


def serve(sock):
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=work, args=(conn,), daemon=True).start()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 12037), backlog=128) as sock:
        print("Open http://127.0.0.1:12037")
        try:
            serve(sock)
        except KeyboardInterrupt:
            print("closed")
