"""It closes its standard error: the next socket has that number, and is nobody else's."""

import os
import socket

os.close(2)
left, right = socket.socketpair()
left.sendall(b"mine")
left.shutdown(socket.SHUT_WR)
print(left.fileno(), right.recv(100), right.recv(100))
left.close()
right.close()
