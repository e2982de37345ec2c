from socket import create_server, socket
from peer import beside
server = create_server(("127.0.0.1", 0))
thread, answers = beside(server.getsockname(), b"x" * 100_000)
c, a = server.accept()
total = 0
while data := c.recv(4096):
    total += len(data)
c.sendall(b"%d" % total)
c.close()
thread.join()
print(answers, issubclass(type(c), socket))
