"""A chat with a thread per client, as one writes it well: rooms by the first line, whole lines,
one order for everybody (a lock while sending), no Nagle, a member that breaks is taken out."""

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
        room = ROOMS[self.rfile.readline()]
        with LOCK:
            room.add(self.connection)
        try:
            while data := self.rfile.read1(65_536):
                if not data.endswith(b"\n"):
                    data += self.rfile.readline()
                with LOCK:
                    for member in list(room):
                        try:
                            member.sendall(data)
                        except OSError:
                            room.discard(member)
        finally:
            with LOCK:
                room.discard(self.connection)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = arguments.BACKLOG


if __name__ == "__main__":
    threading.stack_size(256 * 1024)
    with contextlib.suppress(KeyboardInterrupt):
        Server((arguments.HOST, arguments.parse().port), Member).serve_forever()
