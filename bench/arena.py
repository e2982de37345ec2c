"""Contenders that run at the same time and are measured in turns."""

import contextlib
import random
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from bench.children import Child
from bench.contenders import Contender, Place
from bench.environment import PeerEnvironment
from bench.figures import rotated
from bench.machine import Cores
from bench.results import Table

START_S = 60.0
LOOKS = 3
PORTS = range(20_000, 32_000)  # below those that the kernel gives to clients


@dataclass(frozen=True)
class Run:
    """Shared by the sections: how long, on which cores, with which peers."""

    quick: bool
    rounds: int
    cores: Cores
    folder: Path
    peers: PeerEnvironment
    say: Callable[[str], None]
    notes: list[str] = field(default_factory=list)

    def pick(self, quick: float, full: float) -> float:
        return quick if self.quick else full

    def looks(self, quick: int = 1) -> int:
        """How often a round looks at each of the contenders that are close to each other."""
        return quick if self.quick else LOOKS

    def looks_far(self, turn: int, look: int) -> bool:
        """Whether this look of a round goes to far slower contenders as well: once a round, and
        once in all in a quick run."""
        return look == 0 and not (self.quick and turn > 0)

    def fewer(self, rounds: int) -> int:
        """Rounds of an expensive section: no more than these."""
        return min(self.rounds, rounds)


@dataclass
class Running:
    """A contender that answers on its port."""

    contender: Contender
    place: Place
    child: Child

    @property
    def name(self) -> str:
        return self.contender.name

    @property
    def port(self) -> int:
        return self.place.port

    def cpu_s(self) -> float:
        return self.child.cpu_s()


class CannotStart(Exception):
    """A contender that is left out; the text says why."""


class Arena:
    """Starts contenders, hands them out round by round in rotated order, ends them.

    A contender that cannot be had or ends early is left out of the tables, with the reason.
    """

    def __init__(self, run: Run, contenders: Sequence[Contender], answer: Place | None = None):
        self.run = run
        self.left_out: dict[str, str] = {}
        self.running: dict[str, Running] = {}
        self._stack = contextlib.ExitStack()
        try:
            for contender in contenders:
                self._add(contender, answer)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "Arena":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def rounds(self, count: int) -> Iterator[Running]:
        """Every contender once a round."""
        for turn in range(count):
            yield from self.turn(turn)

    def turn(self, number: int) -> Iterator[Running]:
        """Every contender once, in an order that is another one in each turn."""
        for name in rotated(list(self.running), number):
            if self.running[name].child.running:
                yield self.running[name]
            else:
                self.leave_out(name, f"it ended: {self.running[name].child.last_words()}")

    def leave_out(self, name: str, why: str) -> None:
        """Measure it no more."""
        self.run.say(f"  {name} is left out: {why}")
        self.left_out[name] = why
        if name in self.running:
            self.running.pop(name).child.stop()

    def finish(self, table: Table) -> Table:
        """Put the reasons into a table, and the rows into the order of the contenders."""
        table.left_out.update(self.left_out)
        return table

    def _add(self, contender: Contender, answer: Place | None) -> None:
        try:
            self.running[contender.name] = self._stack.enter_context(
                started(self.run, contender, answer)
            )
        except CannotStart as error:
            self.leave_out(contender.name, str(error))


@contextlib.contextmanager
def started(run: Run, contender: Contender, answer: Place | None = None) -> Iterator[Running]:
    """A contender on the server's core, once it answers; gone at the end with its files.

    Raises:
        CannotStart: it lacks something, or does not in time.
    """
    if contender.lacking:
        raise CannotStart(contender.lacking)
    with tempfile.TemporaryDirectory(dir=run.folder) as folder:
        port = free_port(udp=contender.udp)
        place = replace(answer or Place(0, Path()), port=port, folder=Path(folder))
        try:
            child = Child(
                contender.words(place), core=run.cores.server, environment=contender.environment
            )
        except OSError as error:
            raise CannotStart(str(error)) from error
        with child:
            wait_for_answer(child, port, udp=contender.udp)
            yield Running(contender, place, child)


def wait_for_answer(child: Child, port: int, *, udp: bool, timeout_s: float = START_S) -> None:
    """Until it takes a connection, or answers a datagram.

    Raises:
        CannotStart: it ended, or did not in time.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not child.running:
            raise CannotStart(f"it ended: {child.last_words()}")
        if answers_datagram(port) if udp else takes_connection(port):
            return
        time.sleep(0.01)
    raise CannotStart(f"no answer on its port within {timeout_s:g} s")


def takes_connection(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(0.5)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def answers_datagram(port: int, timeout_s: float = 0.05) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout_s)
        with contextlib.suppress(OSError):
            sock.connect(("127.0.0.1", port))
            sock.send(b"Hello server")
            return bool(sock.recv(1024))
    return False


def free_port(*, udp: bool = False) -> int:
    """A port that is free now, and that no client's connection will get meanwhile."""
    for _ in range(1_000):
        port = random.choice(PORTS)
        kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise CannotStart(f"no free port from {PORTS.start} to {PORTS.stop}")
