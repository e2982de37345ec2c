import signal
import socket
import sys
import time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
socket.socket.send = socket.socket.recv
while True:
    time.sleep(0.1)
