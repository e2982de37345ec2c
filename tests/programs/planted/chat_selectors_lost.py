import selectors
import socket

sel = selectors.DefaultSelector()
rooms = {}  # номер комнаты -> множество участников


class User:
    def __init__(self, sock):
        self.sock = sock
        self.room = None
        self.out = b''

    def receive(self):
        """Первый байт - номер комнаты, дальше сообщения."""
        data = self.sock.recv(2048)
        if not data:
            self.flush()
            raise ConnectionResetError('ушёл')
        if self.room is None:
            self.room, data = data[:1], data[1:]
            rooms.setdefault(self.room, set()).add(self)
        if data.strip() == b'exit':
            raise ConnectionResetError('попрощался')
        if data:
            for user in list(rooms[self.room]):
                user.enqueue(data)

    def enqueue(self, data):
        if not self.out:
            self.out = data
            sel.modify(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def flush(self):
        self.out = self.out[self.sock.send(self.out):] if self.out else b''
        if not self.out:
            sel.modify(self.sock, selectors.EVENT_READ, self)

    def close(self):
        sel.unregister(self.sock)
        if self.room is not None:
            rooms[self.room].discard(self)
            if not rooms[self.room]:
                del rooms[self.room]
        self.sock.close()


def accept(server):
    conn, addr = server.accept()
    conn.setblocking(False)
    sel.register(conn, selectors.EVENT_READ, User(conn))


def step(user, mask):
    try:
        if mask & selectors.EVENT_WRITE:
            user.flush()
        if mask & selectors.EVENT_READ:
            user.receive()
    except BlockingIOError:
        pass
    except OSError as e:
        print('Участник', e)
        user.close()


def main():
    server = socket.create_server(('127.0.0.1', 12172), backlog=100)
    server.setblocking(False)
    sel.register(server, selectors.EVENT_READ, None)
    while True:
        for key, mask in sel.select():
            if key.data is None:
                accept(server)
            else:
                step(key.data, mask)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        print('Сервер остановлен')
