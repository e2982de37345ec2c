import socket
server = socket.create_server(("127.0.0.1", 0))
server.settimeout(0.05)
try:
    server.accept()
except socket.timeout as error:
    print(repr(error))
server.setblocking(False)
try:
    server.accept()
except BlockingIOError as error:
    print(repr(error))
server.close()
server.accept()
