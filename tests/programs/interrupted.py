import os
import signal
import socket
server = socket.create_server(("127.0.0.1", 0))
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
signal.setitimer(signal.ITIMER_REAL, 0.05, 5.0)
server.accept()
