"""From the spawn of a process to the first connection that it takes, or datagram it answers."""

import contextlib
import socket
import sys
import time
from pathlib import Path

from bench.arena import CannotStart, Run, free_port
from bench.bars import Bar
from bench.children import Child
from bench.contenders import Contender, Place, ours
from bench.figures import rotated
from bench.results import Table

STDLIB = "python -m http.server"
NAMES = ("hello", "hypotenuse", "page", "chat", "subjects")
LOOK_S = 0.0005
DATAGRAM_S = 0.001
LIMIT_S = 10.0

BARS = tuple(Bar(f"start of {name}", "start", 1.5, "<=", (STDLIB,), ours=name) for name in NAMES)


def measure(run: Run) -> list[Table]:
    table = Table("start", "from spawn to ready to accept", "ms", "less")
    contenders = {name: ours(name, name) for name in NAMES}
    contenders[STDLIB] = Contender(STDLIB, _stdlib)
    repeats = int(run.pick(12, 40))
    run.say(f"  start: {len(contenders)} programs, {repeats} times")
    for turn in range(repeats):
        for name in rotated(list(contenders), turn):
            if name in table.left_out:
                continue
            try:
                table.row(name).add(1000 * start_s(run, contenders[name]))
            except CannotStart as error:
                table.left_out[name] = str(error)
    return [table]


def _stdlib(place: Place) -> list[str]:
    where = ["--bind", "127.0.0.1", "--directory", str(place.folder), str(place.port)]
    return [sys.executable, "-m", "http.server", *where]


def start_s(run: Run, contender: Contender) -> float:
    """Seconds until it answers; it is ended after that.

    Raises:
        CannotStart: it did not in time.
    """
    place = Place(free_port(udp=contender.udp), Path(run.folder))
    words = contender.words(place)
    ready = _datagram if contender.udp else _connection
    began = time.perf_counter()
    with Child(words, core=run.cores.server) as child:
        while not ready(place.port):
            if time.perf_counter() - began > LIMIT_S or not child.running:
                raise CannotStart(child.last_words())
        return time.perf_counter() - began


def _connection(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        if sock.connect_ex(("127.0.0.1", port)) == 0:
            return True
    time.sleep(LOOK_S)
    return False


def _datagram(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(DATAGRAM_S)
        with contextlib.suppress(OSError):
            sock.connect(("127.0.0.1", port))
            sock.send(b"Hello server")
            return bool(sock.recv(64))
    time.sleep(LOOK_S)
    return False
