"""A chat with a thread per client, as one writes it well: rooms by the first line, whole lines,
one order for everybody (a lock while sending), no Nagle, a member that breaks is taken out.

With `--mode raw` the room is the first byte, and what one recv() returned is a message.
"""

import contextlib
import socket
import socketserver
import threading
from collections import defaultdict

from bench.peers import arguments

ROOMS: dict[bytes, set[socket.socket]] = defaultdict(set)
LOCK = threading.Lock()


class Member(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        room = ROOMS[self.read_room()]
        with LOCK:
            room.add(self.connection)
        try:
            while data := self.read_message():
                with LOCK:
                    for member in list(room):
                        try:
                            member.sendall(data)
                        except OSError:
                            room.discard(member)
        finally:
            with LOCK:
                room.discard(self.connection)

    def read_room(self) -> bytes:
        return self.rfile.readline()

    def read_message(self) -> bytes:
        data = self.rfile.read1(65_536)
        return data if data.endswith(b"\n") else data + self.rfile.readline()


class RawMember(Member):
    def read_room(self) -> bytes:
        return self.connection.recv(1)

    def read_message(self) -> bytes:
        return self.connection.recv(65_536)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = arguments.BACKLOG


if __name__ == "__main__":
    threading.stack_size(256 * 1024)
    given = arguments.parse()
    kind = RawMember if given.mode == "raw" else Member
    with contextlib.suppress(KeyboardInterrupt):
        Server((arguments.HOST, given.port), kind).serve_forever()
