import os
import signal
import socket
import sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
socket.socket.send = socket.socket.recv
ours, theirs = os.pipe()
os.set_blocking(theirs, False)
signal.set_wakeup_fd(theirs)  # no signal is lost just before the wait
os.read(ours, 1)
