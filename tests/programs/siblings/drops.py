"""Its loop lies beside it, as the lab's does."""
import socket
from dropping_loop import run
def serve(conn):
    data = conn.recv(100)
    yield
    conn.sendall(data.decode().encode())
one, other = socket.socketpair()
one.sendall(b"\xff")
run([serve(other)])
print("still here", __import__("dropping_loop").__cached__[-4:])
