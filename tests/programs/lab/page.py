import socket
import sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)
while True:
    conn, address = server.accept()
    request = conn.recv(4096).decode()
    method, path, version = request.split("\r\n")[0].split()
    body = f"<h1>{path}</h1>".encode()
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    conn.close()
