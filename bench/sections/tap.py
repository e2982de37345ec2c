"""The cost of the tap: answers of a threaded echo, with the tap, without, and with the least that
any tap in Python does.

All run at the same time and are loaded in turns. A server at its limit uses all of its
core, so its rate is the answers in a turn for each second of processor time, the tap's writer
included; that figure does not move with the load of other processes.
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
TURN_S = 1.0  # long beside the burst that the tap tells at once
TURNS, QUICK_TURNS = 25, 8
BARE, COUNTS, WIRE, FLOOR = "no tap", "counters only", "full wire", "a line and two clocks"

BARS = (
    Bar("answers/s of a threaded echo, counters only / no tap", "tap", 0.95, ">=", (BARE,), COUNTS),
    Bar("answers/s of a threaded echo, full wire / no tap", "tap", 0.75, ">=", (BARE,), WIRE),
)


def measure(run: Run) -> list[Table]:
    title = f"A threaded echo, {CONNECTIONS} connections, 64 bytes"
    table = Table("tap", title, "answers/s of processor time", "more")
    contenders = [
        peer(BARE, "echo_threads"),
        peer(COUNTS, "echo_threads", "--mode", "counts"),
        peer(WIRE, "echo_threads", "--mode", "wire"),
        peer(FLOOR, "echo_threads", "--mode", "floor", note="the least that a tap in Python does"),
    ]
    with Arena(run, contenders) as arena, on_core(run.cores.load):
        run.say(f"  tap: turns of {TURN_S:g} s for each")
        for server in arena.rounds(QUICK_TURNS if run.quick else TURNS):
            row = table.row(server.name)
            row.note = server.contender.note
            row.add(_turn(server))
        return [arena.finish(table)]


def _turn(server: Running) -> float:
    """Answers for each second of the server's processor time."""
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as sockets:
        for _ in range(CONNECTIONS):
            sock = socket.create_connection(("127.0.0.1", server.port), 10)
            selector.register(sockets.enter_context(sock), selectors.EVENT_READ)
        _echo(selector, TURN_S / 4)  # warm
        used = server.child.cpu_ns()
        answered = _echo(selector, TURN_S)
        return answered / (server.child.cpu_ns() - used) * 1e9


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
