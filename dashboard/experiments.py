"""Visitors by the thousand for a running program: what the loop board is watched with.

All clients of an experiment run in one thread over non-blocking sockets. They are bounded in
number and in time, and go only to the address of a running program. What they say stands in
the catalogue, as the program's visit. Each client is a generator that says what it waits for, as
the lab's tasks do. The driver here is the smallest one that serves them.
"""

import errno
import heapq
import itertools
import random
import selectors
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from dashboard.errors import BadInput, NotNow
from dashboard.numbers import shown, whole
from dashboard.programs.program import Program, Visit
from dashboard.supervision.supervisor import Supervisor
from labservers.net.descriptors import raise_descriptor_limit

KINDS = {"clients": 1_000, "slow": 50}
CLIENT_S = 8.0
CONNECT_SPREAD_S = 1.5  # a thousand connects in one instant would only show the accept queue
SLOW_S = 60.0
OVERALL_S = 75.0
DRIP_S = 5.0
SPARE_DESCRIPTORS = 200
MOST_ALIVE = 8_000
REPORT_S = 0.5

# What a client yields: wait to read, wait to write, or a number of seconds to sleep.
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
Note: TypeAlias = Callable[[dict[str, Any] | None], None]
Client: TypeAlias = Generator[tuple[int, socket.socket] | float, None, None]


class Experiments:
    """At most one experiment a program. The lock guards the table.

    feed(name, code, **values) tells the reader of one that begins.
    """

    def __init__(self, supervisor: Supervisor, feed: Callable[..., None]) -> None:
        self._supervisor = supervisor
        self._feed = feed
        self._lock = threading.Lock()
        self._running: dict[str, Experiment] = {}

    def start(self, name: str, kind: Any, n: Any) -> dict[str, Any]:
        """Send clients to a running program; returns what the page shows of them.

        Raises:
            BadInput: kind or number. UnknownServer, NotRunning: the program. NotNow: too many,
                or the catalogue does not say how to visit the program.
        """
        if not isinstance(kind, str) or kind not in KINDS:
            raise BadInput(f"kind: {shown(kind)} is unknown", f"use {' or '.join(KINDS)}")
        try:
            n = whole(n, 1, KINDS[kind])
        except ValueError as error:
            raise BadInput(f"n: {error}", "for example 50") from error
        program = self._supervisor.server(name).program
        if program.visit is None:
            raise NotNow(f"{name} has no visitors", "use another program")
        address = self._supervisor.connect_address(name)
        with self._lock:
            running = self._running.get(name)
            if running is not None and running.add(kind, n):
                return running.progress()
            room = min(raise_descriptor_limit() - SPARE_DESCRIPTORS, MOST_ALIVE)
            how = Visitors(program, program.visit, address)
            experiment = Experiment(how, room, self._note(name))
            if not experiment.add(kind, n):
                raise NotNow("the dashboard has no free descriptors", "raise `ulimit -n`")
            self._running[name] = experiment
            self._feed(name, "experiment", kind=kind, n=n)
            experiment.start()
            return experiment.progress()

    def stop(self, name: str) -> None:
        """End a server's experiment; nothing when there is none."""
        with self._lock:
            running = self._running.pop(name, None)
        if running:
            running.end()

    def _note(self, name: str) -> Note:
        return lambda progress: self._supervisor.set_experiment(name, progress)

    def close(self) -> None:
        """End all of them."""
        for name in list(self._running):
            self.stop(name)


class Experiment(threading.Thread):
    """The clients of one program, driven until all are done; `note` hears of their progress,
    and None at the end."""

    def __init__(self, visitors: "Visitors", capacity: int, note: Note) -> None:
        super().__init__(name=f"experiment-{visitors.program.name}", daemon=True)
        self._visitors = visitors
        self._note = note
        self._capacity = capacity
        self._lock = threading.Lock()  # guards the clients that are waiting to be let in
        self._coming: list[Client] = []
        self._kind = ""
        self._clients = self._done = self._failed = 0
        self._until = time.monotonic() + OVERALL_S
        self._over = False
        self._selector = selectors.DefaultSelector()
        self._sleeping: list[tuple[float, int, Client]] = []
        self._numbers = itertools.count()

    def add(self, kind: str, n: int) -> bool:
        """More clients, while it runs; False when it is over or there is no room."""
        with self._lock:
            alive = self._clients - self._done - self._failed
            if self._over or alive + n > self._capacity:
                return False
            make = self._visitors.slow_client if kind == "slow" else self._visitors.client
            self._coming += [make() for _ in range(n)]
            self._kind = kind
            self._clients += n
            self._until = time.monotonic() + OVERALL_S
            return True

    def end(self) -> None:
        self._until = 0.0
        if threading.current_thread() is not self:
            self.join(2.0)

    def progress(self) -> dict[str, Any]:
        left = max(0.0, self._until - time.monotonic())
        return {
            "kind": self._kind,
            "clients": self._clients,
            "done": self._done,
            "failed": self._failed,
            "until": time.time() + left,
        }

    def run(self) -> None:
        report_at = 0.0
        try:
            while (now := time.monotonic()) < self._until and not self._finished():
                self._let_in()
                self._wait(now)
                if now >= report_at:
                    report_at = now + REPORT_S
                    self._note(self.progress())
        finally:
            self._close()
            self._note(None)

    def _finished(self) -> bool:
        with self._lock:
            self._over = self._done + self._failed >= self._clients
            return self._over

    def _let_in(self) -> None:
        with self._lock:
            coming, self._coming = self._coming, []
        for new in coming:
            self._step(new)

    def _wait(self, now: float) -> None:
        timeout = min(self._sleeping[0][0] - now, 0.1) if self._sleeping else 0.1
        for key, _ in self._selector.select(max(0.0, timeout)):
            self._selector.unregister(key.fileobj)
            self._step(key.data)
        while self._sleeping and self._sleeping[0][0] <= time.monotonic():
            self._step(heapq.heappop(self._sleeping)[2])

    def _step(self, stepped: Client) -> None:
        try:
            wanted = next(stepped)
        except StopIteration:
            self._done += 1
        except OSError:
            self._failed += 1
        else:
            if isinstance(wanted, tuple):
                self._selector.register(wanted[1], wanted[0], stepped)
            else:
                due = time.monotonic() + wanted
                heapq.heappush(self._sleeping, (due, next(self._numbers), stepped))

    def _close(self) -> None:
        with self._lock:
            self._over = True
            left = [*self._coming, *(client for _, _, client in self._sleeping)]
        left += [key.data for key in list(self._selector.get_map().values())]
        for unfinished in left:
            unfinished.close()
        self._selector.close()


class Visitors:
    """How the clients of one program talk to it."""

    def __init__(self, program: Program, visit: Visit, address: tuple[str, int]) -> None:
        self.program = program
        self._visit = visit
        self._address = address

    def client(self) -> Client:
        """Requests with pauses for CLIENT_S seconds, then a rest, then away."""
        yield random.uniform(0, CONNECT_SPREAD_S)
        ends_at = time.monotonic() + CLIENT_S
        while time.monotonic() < ends_at:
            with self._socket() as sock:
                yield from _connect(sock, self._address)
                yield from _send(sock, self._visit.opening)
                while time.monotonic() < ends_at:
                    yield from _send(sock, self._request())
                    if not (yield from _receive(sock)) or not self._visit.stays:
                        break
                    yield random.uniform(0.2, 1.2)
                else:
                    yield random.uniform(0.2, 1.5)  # idle, as browsers are before they leave
            yield random.uniform(0.2, 1.0)

    def slow_client(self) -> Client:
        """Half a request, a byte of it every DRIP_S seconds, until the program has had enough."""
        ends_at = time.monotonic() + SLOW_S
        with self._socket() as sock:
            yield from _connect(sock, self._address)
            half = self._visit.opening + self._request()
            yield from _send(sock, half[: len(half) // 2])
            for byte in half[len(half) // 2 : -2]:
                yield DRIP_S
                if time.monotonic() >= ends_at or _ended(sock):
                    return
                yield from _send(sock, bytes([byte]))

    def _request(self) -> bytes:
        return self._visit.request.replace(b"{n}", str(random.randint(1, 99)).encode())

    def _socket(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        datagrams = self.program.transport == "udp"
        sock = socket.socket(family, socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM)
        sock.setblocking(False)
        return sock


def _connect(sock: socket.socket, address: tuple[str, int]) -> Client:
    number = sock.connect_ex(address)
    if number == errno.EINPROGRESS:
        yield (WRITE, sock)
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, "connect")


def _send(sock: socket.socket, data: bytes) -> Client:
    while data:
        try:
            data = data[sock.send(data) :]
        except BlockingIOError:
            yield (WRITE, sock)


def _receive(sock: socket.socket) -> Generator[tuple[int, socket.socket] | float, None, bool]:
    """Take what is answered; False when the server has closed."""
    yield (READ, sock)
    return bool(sock.recv(65536))


def _ended(sock: socket.socket) -> bool:
    try:
        return not sock.recv(65536)
    except BlockingIOError:
        return False
    except OSError:
        return True
