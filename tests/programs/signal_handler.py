import os
import signal
import socket
left, right = socket.socketpair()
def handler(number, frame):
    left.sendall(b"from the handler")
    print("signal", number)
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.05)
print(right.recv(100))
