from socket import *
from peer import beside
s = socket(AF_INET, SOCK_STREAM)
s.bind(("127.0.0.1", 0))
s.listen(1)
thread, answers = beside(s.getsockname(), b"one", b"two")
c, a = s.accept()
while data := c.recv(1024):
    c.send(data.upper())
c.close()
thread.join()
print(answers)
