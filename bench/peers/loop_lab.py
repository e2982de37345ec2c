"""The lab's task 5: generators over select(), file objects on the socket, one request each."""

import re
import select
import socket
from collections.abc import Generator

from bench.peers import arguments

READ, WRITE = "to_read", "to_write"
Task = Generator[tuple[str, socket.socket], None, None]


class Loop:
    def __init__(self, main: Task) -> None:
        self.tasks = [main]
        self.waiting: dict[str, dict[socket.socket, Task]] = {READ: {}, WRITE: {}}

    def run(self) -> None:
        to_read, to_write = self.waiting[READ], self.waiting[WRITE]
        while self.tasks or to_read or to_write:
            while not self.tasks:
                readable, writable, _ = select.select(to_read, to_write, [])
                self.tasks += [to_read.pop(sock) for sock in readable]
                self.tasks += [to_write.pop(sock) for sock in writable]
            task = self.tasks.pop(0)
            try:
                what, sock = next(task)
            except StopIteration:
                continue
            self.waiting[what][sock] = task


class Server:
    def __init__(self, given: arguments.Arguments) -> None:
        self.given = given
        self.loop = Loop(self.serve_forever())

    def serve_forever(self) -> Task:
        listener = socket.create_server((arguments.HOST, self.given.port), backlog=128)
        while True:
            yield READ, listener
            connection, _ = listener.accept()
            self.loop.tasks.append(self.serve_client(connection))

    def serve_client(self, connection: socket.socket) -> Task:
        try:
            yield READ, connection
            url = self.read_request(connection)
            found = re.fullmatch(r"/subjects/\d+", url.partition("?")[0])
            yield WRITE, connection
            with connection.makefile("wb") as stream:
                stream.write(b"HTTP/1.1 200 OK\r\n" if found else b"HTTP/1.1 404 Not found\r\n")
                stream.write(f"Content-Type: {self.given.media}\r\n".encode())
                stream.write(f"Content-Length: {len(self.given.body)}\r\n".encode())
                stream.write(b"Connection: close\r\n\r\n")
                stream.write(self.given.body)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def read_request(self, connection: socket.socket) -> str:
        with connection.makefile("rb") as stream:
            _, url, _ = stream.readline(65_537).decode("iso-8859-1").split()
            headers = {}
            while (line := stream.readline(65_537)) not in (b"\r\n", b"\n", b""):
                name, value = line.decode("iso-8859-1").split(":", 1)
                headers[name] = value.rstrip("\r\n")
        return url


if __name__ == "__main__":
    Server(arguments.parse()).loop.run()
