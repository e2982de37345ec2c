"""The cost of looking: processor time of a request with every view open, and with none.

One server is looked at and not, in short turns under a steady load: so both are the same process
with the same memory, and a neighbour on the machine disturbs both. A turn's processor time is
divided by the requests that were answered in it.
"""

import contextlib
import selectors
import socket
import time

from bench.arena import Arena, Run, Running
from bench.bars import Bar
from bench.contenders import ours
from bench.machine import on_core
from bench.results import Table
from labservers.observe.messages import Look

CONNECTIONS = 64
STUDENTS = 100
TURN_S = 0.4
TURNS, QUICK_TURNS = 80, 20
ANSWER = b"HTTP/1.1 200 "
LOOKED_AT, UNSEEN = "every view open", "none open"
# The look of a tab that shows the event loop with its tasks.
LOOKS = {UNSEEN: Look(1.0, []), LOOKED_AT: Look(10.0, ["loop", "rows", "wire", "code", "threads"])}

BARS = (
    Bar("processor time of a request, every view open / none", "looking", 1.05, "<=",
        peers=(UNSEEN,), ours=LOOKED_AT),
)  # fmt: skip


def measure(run: Run) -> list[Table]:
    title = f"Processor time of a GET, {CONNECTIONS} connections kept alive, looked at or not"
    table = Table("looking", title, "µs", "less")
    with Arena(run, [ours("subjects")]) as arena, on_core(run.cores.load):
        for server in list(arena.running.values()):
            run.say(f"  looking: {TURN_S:g} s with every view open, and with none, in turns")
            with contextlib.closing(Load(server.port)) as load:
                _turn(load, server, UNSEEN)  # warm
                for turn in range(QUICK_TURNS if run.quick else TURNS):
                    for name in list(LOOKS) if turn % 2 else reversed(LOOKS):
                        table.row(name).add(_turn(load, server, name))
        return [arena.finish(table)]


def _turn(load: "Load", server: Running, name: str) -> float:
    """Microseconds of the server for each request."""
    server.child.send(LOOKS[name])
    used = server.child.cpu_ns()
    answered = load.run(TURN_S)
    return (server.child.cpu_ns() - used) / answered / 1000


class Load:
    """Connections that ask again as soon as they are answered; no request comes twice."""

    def __init__(self, port: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._asked = 0
        for _ in range(CONNECTIONS):
            sock = socket.create_connection(("127.0.0.1", port), 10)
            self._selector.register(sock, selectors.EVENT_READ)
            self._ask(sock)

    def run(self, seconds: float) -> int:
        """How many answers came in that time."""
        answered, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            for key, _ in self._selector.select(1.0):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock.recv(65_536).startswith(ANSWER):
                    answered += 1
                    self._ask(sock)
        return answered

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()

    def _ask(self, sock: socket.socket) -> None:
        self._asked += 1
        number = self._asked
        sock.sendall(
            b"GET /subjects/%d?n=%d HTTP/1.1\r\nHost: lab\r\nX-Number: %d\r\n\r\n"
            % (number % STUDENTS + 1, number, number)
        )
