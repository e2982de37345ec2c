import selectors
import socket

HOST, PORT = '127.0.0.1', 12015

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((HOST, PORT))
server.listen(100)
server.setblocking(False)

selector = selectors.DefaultSelector()
selector.register(server, selectors.EVENT_READ)
received = {}  # client -> bytes that are not answered yet


def hypotenuse(line):
    try:
        a, b = line.decode().split(',')
        return str((float(a) ** 2 + float(b) ** 2) ** 0.5)
    except (ValueError, OverflowError):
        return 'error: two numbers, please: 3,4'


def forget(client):
    del received[client]
    selector.unregister(client)
    client.close()


def read(client):
    try:
        data = client.recv(4096)
        if not data or len(received[client]) > 65536:
            forget(client)
            return
        received[client] += data
        while b'\n' in received[client]:
            line, received[client] = received[client].split(b'\n', 1)
            answer = hypotenuse(line).encode() + b'\n'
            if client.send(answer) < len(answer):
                forget(client)  # it never reads: short answers fit otherwise
                return
    except OSError:
        forget(client)


def loop():
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            if sock is server:
                client, address = server.accept()
                client.setblocking(False)
                selector.register(client, selectors.EVENT_READ)
                received[client] = b''
            elif sock in received:
                read(sock)


try:
    loop()
except KeyboardInterrupt:
    print('stopped')
