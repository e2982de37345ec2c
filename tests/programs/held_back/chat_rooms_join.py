import collections
import socket
import threading

rooms = collections.defaultdict(set)
lock = threading.RLock()


class Member:
    def __init__(self, sock):
        self.sock = sock

    def hear(self, data):
        try:
            return self.sock.send(data, socket.MSG_DONTWAIT) == len(data)
        except OSError:
            return False

    def drop(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has gone by itself

    def live(self):
        room = None
        try:
            room = self.sock.recv(1)
            if not room:
                return
            with lock:
                rooms[room].add(self)
            while data := self.sock.recv(8192):
                with lock:
                    deaf = [one for one in rooms[room] if one is not self and not one.hear(data)]
                    rooms[room].difference_update(deaf)
                    for one in deaf:
                        one.drop()
        except OSError:
            pass
        finally:
            with lock:
                rooms[room].discard(self)
            self.sock.close()


def main():
    server = socket.create_server(("127.0.0.1", 12307), backlog=100)
    try:
        while True:
            sock, _ = server.accept()
            threading.Thread(target=Member(sock).live).start()
    except KeyboardInterrupt:
        server.close()


main()
