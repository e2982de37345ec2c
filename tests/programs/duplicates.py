import os
import socket
left, right = socket.socketpair()
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
conn, _ = server.accept()
copy = conn.dup()
conn.close()
copy.sendall(b"by the copy")
other = socket.socket(fileno=client.detach())
print(other.recv(100))
os.write(copy.fileno(), b"unseen")
print(other.recv(100), client.fileno())
