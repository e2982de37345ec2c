import os
import socket
import sys
left, right = socket.socketpair()
server = socket.create_server(("127.0.0.1", 0))
pid = os.fork()
if pid == 0:
    with socket.create_connection(server.getsockname()) as client:
        client.sendall(b"from the child")
        print("child got", client.recv(10), flush=True)
    os._exit(3)
conn, _ = server.accept()
print("parent got", conn.recv(100), flush=True)
conn.sendall(b"thanks")
conn.close()
print(os.waitpid(pid, 0)[1] >> 8)
