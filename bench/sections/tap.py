"""The cost of the tap: processor time of an answer of a threaded echo, with the tap and without.

All three run at the same time and are loaded in short turns. A turn's processor time, with that
of the tap's writer, is divided by the answers in it.
"""

import contextlib
import selectors
import socket
import time

from bench.arena import Arena, Run, Running
from bench.bars import Bar
from bench.contenders import peer
from bench.machine import on_core
from bench.results import Table

CONNECTIONS = 8
MESSAGE = b"m" * 64
TURN_S = 0.4
TURNS, QUICK_TURNS = 60, 15
BARE, COUNTS, WIRE = "no tap", "counters only", "full wire"

BARS = (
    Bar("processor time of an echo, counters only / no tap", "tap", 1.05, "<=", (BARE,), COUNTS),
    Bar("processor time of an echo, full wire / no tap", "tap", 1.25, "<=", (BARE,), WIRE),
)


def measure(run: Run) -> list[Table]:
    title = f"Processor time of an answer of a threaded echo, {CONNECTIONS} connections, 64 bytes"
    table = Table("tap", title, "µs", "less")
    contenders = [
        peer(BARE, "echo_threads"),
        peer(COUNTS, "echo_threads", "--mode", "counts"),
        peer(WIRE, "echo_threads", "--mode", "wire"),
    ]
    with Arena(run, contenders) as arena, on_core(run.cores.load):
        run.say(f"  tap: turns of {TURN_S:g} s for each")
        for server in arena.rounds(QUICK_TURNS if run.quick else TURNS):
            table.row(server.name).add(_turn(server))
        return [arena.finish(table)]


def _turn(server: Running) -> float:
    """Microseconds of the server for each answer."""
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as sockets:
        for _ in range(CONNECTIONS):
            sock = socket.create_connection(("127.0.0.1", server.port), 10)
            selector.register(sockets.enter_context(sock), selectors.EVENT_READ)
        _echo(selector, TURN_S / 4)  # warm
        used = server.child.cpu_ns()
        answered = _echo(selector, TURN_S)
        return (server.child.cpu_ns() - used) / answered / 1000


def _echo(selector: selectors.BaseSelector, seconds: float) -> int:
    """How many answers came in that time; at its end none is under way."""
    answered, until = 0, time.monotonic() + seconds
    socks = [key.fileobj for key in selector.get_map().values()]
    under_way = len(socks)
    for sock in socks:
        assert isinstance(sock, socket.socket)
        sock.sendall(MESSAGE)
    while under_way:
        for key, _ in selector.select(10.0):
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            sock.recv(1024)
            answered += 1
            if time.monotonic() < until:
                sock.sendall(MESSAGE)
            else:
                under_way -= 1
    return answered
