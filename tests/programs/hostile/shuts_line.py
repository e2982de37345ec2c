import os
import signal
import socket
print("done", flush=True)  # it may be ended at once
for number in range(3, 1024):
    try:
        socket.socket(fileno=os.dup(number)).shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
signal.pause()
