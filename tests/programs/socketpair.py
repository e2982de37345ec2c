import socket
left, right = socket.socketpair()
left.sendall(b"through the pair")
print(right.recv(100))
left.close()
print(right.recv(100))
right.close()
