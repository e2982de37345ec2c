import socket
sock = socket.socket()
for call in (lambda: sock.recv(), lambda: sock.recv(-1), lambda: sock.recv(size=1), lambda: sock.send("text"),
             lambda: sock.sendall(), lambda: sock.bind("nowhere"), lambda: sock.connect(("127.0.0.1",)),
             lambda: sock.accept(1), lambda: sock.listen("many"), lambda: sock.sendto(b"x"), lambda: socket.socket(1, 2, 3, 4, 5),
             lambda: sock.close(1), lambda: sock.recv_into(b"constant"), lambda: sock.shutdown()):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
print(sock.connect_ex(("127.0.0.1", 1)), socket.socket.recv.__name__, sock.recv.__doc__[:10])
sock.close()
