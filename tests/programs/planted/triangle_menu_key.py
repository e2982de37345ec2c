import socket
from threading import Thread

opened = {}  # address -> stream
TASKS = {
    "1": ("hypotenuse", lambda a, b: (a * a + b * b) ** 0.5),
    "2": ("area of the right triangle", lambda a, b: a * b / 2),
    "3": ("perimeter of the rectangle", lambda a, b: 2 * (a + b)),
}


def solve(request: str) -> str:
    try:
        kind, *numbers = request.split()
        name, formula = TASKS[kind]
        a, b = numbers
        return f"{name}: {formula(float(a), float(b)):.2f}"
    except (ValueError, OverflowError):
        return "Wrong request, send: task a b"


class ClientThread(Thread):
    def __init__(self, connection, address):
        super().__init__(daemon=True)
        self.connection = connection
        self.address = address

    def run(self):
        self.connection.settimeout(60)
        if True:
            stream = opened[self.address] = self.connection.makefile("rwb")
            try:
                stream.write(b"Tasks: 1 hypotenuse, 2 triangle, 3 rectangle. Send: task a b\n")
                stream.flush()
                while line := stream.readline(10_000):
                    stream.write(solve(line.decode(errors="replace")).encode() + b"\n")
                    stream.flush()
            except OSError:
                print(self.address, "is gone")
            del opened[self.address]
            self.end(stream)

    def end(self, stream):
        try:
            stream.close()
        except OSError:
            pass  # the rest cannot be sent any more
        self.connection.close()


def main():
    with socket.create_server(("127.0.0.1", 12126), backlog=128) as server:
        while True:
            connection, address = server.accept()
            print("New client", address)
            ClientThread(connection, address).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("The end")
