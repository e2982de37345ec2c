import os
import signal
import socket
for number in range(3, 1024):
    try:
        socket.socket(fileno=os.dup(number)).shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
print("done", flush=True)
signal.pause()
