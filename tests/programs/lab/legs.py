import json
import socket
import sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
while True:
    conn, address = server.accept()
    numbers = json.loads(conn.recv(1024).decode())
    conn.sendall(str((numbers["a"] ** 2 + numbers["b"] ** 2) ** 0.5).encode())
    conn.close()
