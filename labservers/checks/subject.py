"""The checked program: started, looked into, killed, started again on its port."""

from __future__ import annotations

import linecache
import math
import re
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from labservers.checks import far_ends, figures, ports, remains
from labservers.checks.far_ends import Pair
from labservers.checks.folders import Folder
from labservers.checks.patience import strain
from labservers.checks.process import Process
from labservers.checks.prompts import typed_for
from labservers.checks.scratch import Scratch
from labservers.checks.usage import needed
from labservers.checks.values import Address, Death, Stand
from labservers.checks.witness import Witness
from labservers.observe.messages import Look

BEGIN_S = 20.0  # for a Python to start, on a busy machine
FIRST_S = 40.0  # to listen: it may have much to load, or to wait for
LISTEN_S = 5.0  # of one that has listened sooner
TIMES_S = 3.0  # as long as it took at first, on a machine that is busier now
ENDS_S = 3.0  # from the close of its port to the end of a program
OTHER_S = 0.5  # from a Unix socket to an address, where a program has both
LOOK_S = 0.1
RESTARTS = 6
FREE_S = 0.6  # a kernel answers to a connection in TIME-WAIT at most twice a second
STANDS_S = 0.6
ASKS_S = 0.3  # from its address to a prompt that needs no client
TOLD_S = 0.5  # the tap says within this time what has happened
THREADS = Look(1.0, ["threads"])
NOTHING = Look(1.0, [])
CALLS = 20  # batches of calls that are looked at
TAKEN = re.compile(r"address already in use|WinError 10048", re.IGNORECASE)


class Mark(NamedTuple):
    """A moment in the life of the subject; what happened since can be asked for."""

    run: int
    deaths: int


class Lost(NamedTuple):
    """Why a program is not started again: a text, and its values."""

    why: str
    values: tuple[tuple[str, str], ...]


class Subject:
    """One program, one run after the other; one of our threads uses it, and closes it at last.

    It runs in a copy of its folder where that can be: it may write, and its user's files are kept.
    """

    def __init__(
        self,
        file: Path,
        arguments: Sequence[str] = (),
        python: str = "",
        folder: Path | None = None,
        switch_s: float | None = None,
    ) -> None:
        self._at: Address | None = None  # where its last run listened
        remains.add(self._free_its_port)
        self._own = Folder()
        with remains.making():
            self._scratch = Scratch(file.resolve(), self._own.path)
        self.file = self._scratch.file
        self.folder = folder or self.file.parent
        self.inside = True
        self.typed: list[tuple[str, str]] = []
        self.runs = 0
        self._python = python or sys.executable
        self._arguments = tuple(arguments)
        self._switch_s = switch_s
        self._process: Process | None = None
        self._of_tap: frozenset[int] = frozenset()  # its threads in the program
        self._witness = Witness(self.source)
        self.listened_s: float | None = None  # from the begin of its first run that did
        self.waited_s = 0.0  # for the last one to listen
        self._called: set[str] = set()
        self._asked: str | None = None  # the last prompt of the runs before this one

    # Its life.

    def start(self) -> str | None:
        """Start it and wait for its address; a key of the reason why there is none, or None.

        Raises:
            OSError: its interpreter cannot be run.
        """
        reason = self.start_again()
        if reason == "port-taken" and self._free_ports():
            reason = self.start_again()
        return reason

    def restart(self, folder: Path | None = None) -> str | None:
        """A fresh run on the same port, which is made free first, with its files as they were.
        folder: to run in, this time. Where another program listens there, it is not tried again."""
        self.folder, kept = folder or self.folder, self.folder
        try:
            for _ in range(RESTARTS):
                self.end()
                with remains.making():
                    self._scratch.restore()
                if self._at is not None:
                    ports.free(self._at)
                reason = self.start()
                lost = self.lost_port() if reason == "port-taken" else None
                if reason != "port-taken" or (lost is not None and lost.why == "port-lost"):
                    break
                time.sleep(FREE_S)
            return reason
        finally:
            self.folder = kept

    def start_again(self, listen_s: float | None = None) -> str | None:
        """As a user does: no port is made free. listen_s: it is waited for so long; None: as long
        as its first run lets expect, and that one very long."""
        if listen_s is None and self.listened_s is None:
            listen_s = FIRST_S
        elif listen_s is None:
            listen_s = max(LISTEN_S * strain(), TIMES_S * (self.listened_s or 0.0))
        return self._begin(listen_s)

    def end(self) -> None:
        """Kill it, if it runs."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def close(self) -> None:
        """End it, and remove what was kept of it: its port is free for its next start."""
        self.end()
        self._own.remove()
        self._free_its_port()
        remains.discard(self._free_its_port)

    def lost_port(self) -> Lost | None:
        """Why it does not get its port: another program listens there, or an old connection keeps
        it. None: neither, or it has not listened yet and names ports of several."""
        if self.address is not None:
            return None
        udp = (False, True)
        at = [self._at] if self._at else [Address("", n, d) for n in self._named() for d in udp]
        holders = {one.port: who for one in at if (who := ports.holder(one)) is not None}
        if len(holders) == 1:
            ((port, who),) = holders.items()
            return Lost("port-lost", (("port", str(port)), ("who", f" ({who})" if who else "")))
        kept = {one.port: s for one in at if (s := ports.kept_s(one))}
        if holders or len(kept) != 1:
            return None
        ((port, s),) = kept.items()
        return Lost("port-waits", (("port", str(port)), ("s", f"{math.ceil(s)}")))

    def interrupt(self) -> None:
        """^C."""
        if self._process is not None:
            self._process.interrupt()

    def wait(self, timeout_s: float) -> bool:
        """Whether it has ended within that time."""
        return self._process is None or self._process.wait(timeout_s)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    def serving(self, ends_s: float = ENDS_S) -> bool:
        """Whether it runs, and its port is open. One whose port is closed is about to end, and is
        given that time."""
        if not self.alive or self.address is None:
            return False
        return ports.taken(self.address) or not self.wait(ends_s)

    @property
    def returncode(self) -> int | None:
        return self._process.returncode if self._process is not None else None

    @property
    def address(self) -> Address | None:
        """The first that it has bound (UDP) or listens on (TCP)."""
        return self._witness.listening[0] if self._witness.listening else None

    @property
    def output(self) -> str:
        return self._process.output.text if self._process is not None else ""

    @property
    def lacks(self) -> str | None:
        """What has shown, at its end, that it needs arguments."""
        text = self.file.read_text("utf-8", "replace")
        return needed(text, self._arguments, self._witness.deaths, self.output)

    @property
    def unix(self) -> str | None:
        """The path of the Unix socket at which it listens."""
        return self._witness.unix

    @property
    def asks(self) -> str | None:
        """The prompt of input() that it waits in."""
        return self._witness.asks

    def asks_for_answers(self) -> str | None:
        """The prompt of input() to which clients have brought it; None where it asks without
        them. It is started anew."""
        asked = self._witness.asks or self._asked
        if asked is None or self.restart() is not None:
            return None
        by_itself = self._witness.wait(lambda: self._witness.asks, ASKS_S * strain())
        return asked if by_itself is None else None

    # What has happened.

    def called(self) -> frozenset[str]:
        """Lines of its calls, of the newest of each run."""
        newest = self._witness.points(CALLS)
        self._called |= {point.line for point in newest if point.line}
        return frozenset(self._called)

    def mark(self) -> Mark:
        return Mark(self.runs, len(self._witness.deaths))

    def deaths(self, mark: Mark) -> tuple[Death, ...]:
        """Exceptions that ended the program or a thread since then, in this run."""
        begin = mark.deaths if mark.run == self.runs else 0
        return tuple(self._witness.deaths[begin:])

    def settle(self, mark: Mark, told_s: float = TOLD_S) -> tuple[Death, ...]:
        """As deaths(), when the tap has had its time to tell of them."""
        if not self.alive and self._process is not None:
            self._process.drain()
        else:
            self._witness.wait(lambda: self.deaths(mark) or None, told_s)
        return self.deaths(mark)

    def stands(self) -> tuple[Stand, ...]:
        """Where its threads stand now; nothing of a program that has ended or says nothing."""
        if self._process is None or not self._process.alive:
            return ()
        self._witness.standing = None
        self._process.command(THREADS)
        self._witness.wait(lambda: self._witness.standing, STANDS_S * strain())
        self._process.command(NOTHING)
        return self._witness.stands()

    def source(self, line: str | None) -> str | None:
        """The text of `server.py:24`."""
        name, _, number = (line or "").rpartition(":")
        if not name or not number.isdecimal():
            return None
        return linecache.getline(str(self.file.parent / name), int(number)).strip() or None

    # Figures of the system; None where it does not say.

    def rests(self, pairs: Collection[Pair]) -> bool:
        """Whether it has taken all that has come by these connections, and none of its threads
        has anything to do; False also where the system does not say."""
        before = figures.asleep(self._pid, self._of_tap)
        taken = bool(before) and far_ends.all_taken(pairs)
        return taken and before == figures.asleep(self._pid, self._of_tap)

    def descriptors(self) -> int | None:
        """How many descriptors it has open."""
        return figures.descriptors(self._pid)

    def threads(self) -> int | None:
        return figures.threads(self._pid)

    def work(self) -> figures.Work | None:
        """Its processor time, with that of its children that live."""
        return figures.work(self._pid) if self.alive else None

    @property
    def _pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    # Its start.

    def _begin(self, listen_s: float) -> str | None:
        self.end()
        self.runs += 1
        self._asked = self._witness.asks or self._asked
        self.called()
        self._witness = Witness(self.source)
        self._process = Process(
            self._python,
            self.file,
            self._arguments,
            self.folder,
            str(self._own.path),
            self._witness.take,
            self._switch_s,
        )
        self._wait_for_begin()
        began = time.monotonic()
        reason = self._wait_for_address(began + listen_s)
        self.waited_s = time.monotonic() - began
        if reason is None and self.listened_s is None:
            self.listened_s = self.waited_s
        self._at = self.address or self._at
        return reason

    def _wait_for_begin(self) -> None:
        """Until its own code runs: how long a Python takes to start is not its fault."""
        until = time.monotonic() + BEGIN_S
        while self.alive and time.monotonic() < until:
            if self._witness.wait(lambda: self._witness.begun, LOOK_S):
                self._of_tap = figures.tasks(self._pid) - {self._pid}
                return

    def _wait_for_address(self, until: float) -> str | None:
        while time.monotonic() < until:
            if self._witness.wait(self._news, LOOK_S) is not None and self.address is not None:
                return None
            if self._witness.asks is not None and not self._answer():
                return "waits-for-input"
            if not self.alive:
                return self._why_ended()
            if self.unix is not None:
                until = min(until, time.monotonic() + OTHER_S)
        return "unix-socket" if self._witness.unix is not None else "never-listens"

    def _news(self) -> object:
        return self.address or self._witness.asks

    def _answer(self) -> bool:
        """Type what its prompt asks for; False: that cannot be guessed."""
        prompt = self._witness.asks or ""
        answer = typed_for(prompt)
        if answer is None or len(self.typed) > 20 or self._process is None:
            return False
        self.typed.append((prompt, answer))
        self._witness.asks = None
        self._process.type(answer.encode() + b"\n")
        return True

    def _why_ended(self) -> str:
        assert self._process is not None
        self._process.drain()
        if self.address is not None:
            return "ends-at-once"
        deaths = self._witness.deaths
        if TAKEN.search(self.output) or (deaths and TAKEN.search(deaths[-1].message)):
            return "port-taken"
        return "needs-arguments" if self.lacks is not None else "ends-at-start"

    def _free_its_port(self) -> None:
        if self._at is not None and not ports.taken(self._at):
            ports.free(self._at)

    def _free_ports(self) -> bool:
        """End the waits that keep one of the ports that it names; False: there were none."""
        named = [Address("", port) for port in self._named()]
        kept = [one for one in named if ports.keeps(one) and not ports.taken(one)]
        for one in kept:
            ports.free(one)
        return bool(kept)

    def _named(self) -> set[int]:
        """Numbers in its text and its arguments, of which one may be its port."""
        text = self.file.read_text("utf-8", "replace") + " ".join(self._arguments)
        return {int(number) for number in re.findall(r"(?<!\d)\d{2,5}(?!\d)", text)}
