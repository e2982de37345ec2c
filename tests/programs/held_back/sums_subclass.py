import socket
import threading


class Worker(threading.Thread):
    def __init__(self, sock):
        threading.Thread.__init__(self)
        self.daemon = True
        self.sock = sock

    def run(self):
        try:
            while True:
                request = self.sock.recv(1024)
                if len(request) == 0:
                    return
                self.sock.sendall(self.answer(request.decode("ascii", "replace")).encode())
        except OSError:
            return
        finally:
            self.sock.close()

    @staticmethod
    def answer(request):
        try:
            x, y = request.strip().split(";")
            return "гипотенуза = " + str((float(x) ** 2 + float(y) ** 2) ** 0.5) + "\n"
        except Exception:
            return "формат: a;b\n"


if __name__ == "__main__":
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
    listener.bind(("localhost", 12303))
    listener.listen()
    try:
        while True:
            Worker(listener.accept()[0]).start()
    except KeyboardInterrupt:
        listener.close()
