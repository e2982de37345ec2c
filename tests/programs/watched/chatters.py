import socket
import sys
one, other = socket.socketpair()
many = int(sys.argv[1])
for _ in range(many):
    one.send(b"x" * 4000)
    other.recv(4000)
