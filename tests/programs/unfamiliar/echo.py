import socket
import threading


def handle(conn, addr):
    while True:
        try:
            data = conn.recv(1024)
            print(addr, data)
            conn.sendall(data.upper())
        except:
            pass


sock = socket.socket()
sock.bind(("localhost", 9092))
sock.listen(5)
while 1:
    conn, addr = sock.accept()
    threading.Thread(target=handle, args=(conn, addr), daemon=True).start()
