"""The faults of a soak. Each takes a scene, does its harm to one program, and sets it right."""

import contextlib
import os
import random
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.soak.programs import Program, Programs

HOST = "127.0.0.1"
MANY = 50
HELD_S = 2.0
FROZEN_S = 3.0
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close() sends RST (socket(7))
HALVES = (b"GET / HTTP/1.1\r\nHo", b'{"a": 3, ', b"A", b"POST /subjects/1 HTTP/1.1\r\nContent-")
EXPERIMENTS = ("clients", "half", "silent", "slow", "reset", "storm", "not_utf8")


@dataclass(frozen=True)
class Scene:
    """Where a fault happens."""

    programs: Programs
    rng: random.Random

    def pid(self, program: Program) -> int | None:
        return self.programs.processes().get(program.label, (None, 0))[0]


Fault = Callable[[Scene, Program], None]


def killed(scene: Scene, program: Program) -> None:
    """By the system, as when memory is short."""
    _signal(scene.pid(program), signal.SIGKILL)


def restarted(scene: Scene, program: Program) -> None:
    scene.programs.ask(program, "restart")


def stopped(scene: Scene, program: Program) -> None:
    scene.programs.ask(program, "stop?wait=5")


def frozen(scene: Scene, program: Program) -> None:
    """SIGSTOP, long enough for the dashboard to see it, then SIGCONT."""
    pid = scene.pid(program)
    _signal(pid, signal.SIGSTOP)
    time.sleep(FROZEN_S)
    _signal(pid, signal.SIGCONT)


def resets(scene: Scene, program: Program) -> None:
    """A storm of connections that end by RST, some of them with half a request."""
    for _ in range(4):
        with _connected(program, MANY) as socks:
            for sock in socks:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                _say(sock, scene.rng.choice((b"", *HALVES)))


def halves(scene: Scene, program: Program) -> None:
    """Half a request each, then silence for a while."""
    with _connected(program, MANY) as socks:
        for sock in socks:
            _say(sock, scene.rng.choice(HALVES))
        time.sleep(HELD_S)


def garbage(scene: Scene, program: Program) -> None:
    with _connected(program, MANY) as socks:
        for sock in socks:
            _say(sock, scene.rng.randbytes(scene.rng.randint(1, 4_000)))


def experiment(scene: Scene, program: Program) -> None:
    """The dashboard's own button for such a state, and its end."""
    kind = scene.rng.choice(EXPERIMENTS)
    scene.programs.begin_experiment(program, kind, MANY)
    time.sleep(HELD_S)
    scene.programs.end_experiments(program)


def held(scene: Scene, program: Program) -> None:
    """Paused in the middle of its work, then let go."""
    scene.programs.ask(program, "hold", {"action": "pause", "controller": "soak"})
    time.sleep(HELD_S)
    scene.programs.ask(program, "hold", {"action": "resume", "controller": "soak"})


def checked(scene: Scene, program: Program) -> None:
    """A check of the one that runs begins, in a process of its own."""
    scene.programs.ask(program, "check", {"running": True})


DEADLY: tuple[Fault, ...] = (killed, restarted, stopped)
ROUGH: tuple[Fault, ...] = (resets, halves, garbage, experiment)  # a fragile program misses them
MILD: tuple[Fault, ...] = (frozen, held, checked)


def plan(programs: list[Program], rng: random.Random) -> Iterator[tuple[Fault, Program]]:
    """Without end: every eighth fault is deadly, and each program has its turn at those, so that
    a life is as long as can be."""
    deaths = 0
    while True:
        for _ in range(7):
            program = rng.choice(programs)
            yield rng.choice(MILD if program.fragile else ROUGH + MILD), program
        yield rng.choice(DEADLY), programs[deaths % len(programs)]
        deaths += 1


def _signal(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def _connected(program: Program, many: int) -> Iterator[list[socket.socket]]:
    """So many connections, or datagram sockets; fewer where the program does not take them."""
    kind = socket.SOCK_DGRAM if program.task == "hello" else socket.SOCK_STREAM
    with contextlib.ExitStack() as stack:
        socks = []
        for _ in range(many):
            sock = stack.enter_context(socket.socket(socket.AF_INET, kind))
            sock.settimeout(0.5)
            try:
                sock.connect((HOST, program.port))
            except OSError:
                break
            socks.append(sock)
        yield socks


def _say(sock: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        sock.sendall(data)
