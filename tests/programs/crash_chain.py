import socket
def first():
    sock = socket.socket()
    sock.close()
    sock.recv(10)
def second():
    try:
        first()
    except OSError as error:
        raise RuntimeError("second") from error
try:
    second()
except RuntimeError:
    socket.socket().connect(("127.0.0.1", 1))
