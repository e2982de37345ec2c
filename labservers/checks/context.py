"""What a probe works with, and what it answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from labservers.checks import rest
from labservers.checks.client import Client, Timeline, never
from labservers.checks.far_ends import Pair
from labservers.checks.figures import Work
from labservers.checks.hints import Hints
from labservers.checks.holding import LEAVE_S, Delivery, Held, converse, hold, join
from labservers.checks.patience import Patience
from labservers.checks.subject import Lost, Mark
from labservers.checks.values import Address, Death, Evidence, Outcome, Stand, Talk

# What a client sees of a program, or of a thread, that has ended.
OUTSIDE = ("no-answer", "wrong-answer", "closed", "reset", "refused", "others-wait", "lost")
Figures = tuple[tuple[str, float], ...]


class Checked(Protocol):
    """A program as probes meet it. inside: whether the tap sees into it."""

    inside: bool

    @property
    def alive(self) -> bool: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def address(self) -> Address | None: ...
    def mark(self) -> Mark: ...
    def deaths(self, mark: Mark) -> tuple[Death, ...]: ...
    def settle(self, mark: Mark, told_s: float = ...) -> tuple[Death, ...]: ...
    def serving(self) -> bool: ...
    def stands(self) -> tuple[Stand, ...]: ...
    def rests(self, pairs: Collection[Pair]) -> bool: ...
    def descriptors(self) -> int | None: ...
    def threads(self) -> int | None: ...
    def work(self) -> Work | None: ...
    def restart(self, folder: Path | None = None) -> str | None: ...
    def lost_port(self) -> Lost | None: ...
    def start_again(self, listen_s: float | None = ...) -> str | None: ...
    def interrupt(self) -> None: ...
    def wait(self, timeout_s: float) -> bool: ...
    def end(self) -> None: ...


class Setting(NamedTuple):
    """What all looks have in common. memory: of probes that share what they have found. once: the
    program serves one client, and ends. cpu_before: the share of a processor, 0..1, that it used
    before any client came."""

    talk: Talk
    subject: Checked
    patience: Patience
    hints: Hints
    memory: dict[str, object]
    once: bool = False
    cpu_before: float = 0.0
    pace_s: float = 0.0
    cancelled: Callable[[], bool] = bool


class Cancelled(Exception):
    """The user has cancelled the check."""


class Context:
    """One look of one probe. Clients that it has made are closed in close().

    second: the look that confirms a failure, with a fresh program.
    """

    def __init__(self, probe: str, setting: Setting, *, second: bool = False) -> None:
        self.probe = probe
        self.talk = setting.talk
        self.subject = setting.subject
        self.hints = setting.hints
        self.once = setting.once
        self.cpu_before = setting.cpu_before
        self.memory = setting.memory
        self.second = second
        self.timeline = Timeline(setting.pace_s)
        subject = self.subject
        self._patience = setting.patience
        self._cancelled = setting.cancelled
        self._mark = subject.mark()
        self._clients: list[Client] = []
        self._served = False  # somebody, in this look

    @property
    def patience_s(self) -> float:
        """How long an answer is waited for, from the first answers and the machine's load."""
        return self._patience.seconds

    @property
    def address(self) -> Address:
        """Where the program listens now.

        Raises:
            RuntimeError: nowhere; a probe is not looked at then.
        """
        if self.subject.address is None:
            raise RuntimeError("the program does not listen")
        return self.subject.address

    # Clients and conversations.

    def client(self, side: str = "client") -> Client:
        """A new client, not yet connected.

        Raises:
            Cancelled: from here, and from all that begins a conversation.
        """
        self._go_on()
        client = Client(self.address, self.timeline, side)
        self._clients.append(client)
        return client

    def connected(self, side: str = "client") -> Client:
        """A new client; `error` says where it could not connect."""
        self._begin()
        client = self.client(side)
        client.connect(self.patience_s)
        return client

    def member(self, number: int, side: str = "client") -> Client:
        """A new client that has held all turns but the last: the n-th member of a chat, from 0."""
        client = self.connected(side)
        if self.talk.answered == "other":
            join({client: (self.talk, number)}, self.patience_s, self.rest)
        elif len(self.talk.turns) > 1 or self.talk.greeting is not None:
            opening = dataclasses.replace(self.talk, turns=self.talk.turns[:-1], ends="either")
            converse(opening, client, self.patience_s)
        return client

    def hold(
        self,
        delivery: Delivery = "whole",
        talk: Talk | None = None,
        side: str = "client",
        *,
        typical: bool = True,
    ) -> Held:
        """The conversation with a new client, told in this way. typical: how long its answer takes
        says how long those of others may take."""
        self._begin()
        held = hold(
            talk or self.talk,
            self.address,
            self.timeline,
            self.patience_s,
            delivery=delivery,
            side=side,
            rest=self.rest,
        )
        if held.good and delivery == "whole" and typical:
            self._patience.learn(held.after_s)
        return held

    def good(self, *, typical: bool = True) -> Held:
        """The conversation told kindly by another client: somebody is served."""
        return self.hold(side="client 2", typical=typical)

    def rest(self, clients: Sequence[Client], most_s: float) -> None:
        """Until the program has done all that it has to do for these clients, or so long. The look
        that confirms a failure takes all of the time."""
        wait = rest.flat if self.second else rest.of(self.subject)
        wait(clients, most_s)

    def close(self) -> None:
        """Members of a chat say goodbye, where that is usual: the next probe is not to suffer of
        this one."""
        if self.talk.answered == "other" and self.talk.farewell:
            left = [client for client in self._clients if client.send(self.talk.farewell, LEAVE_S)]
            for client in left[-1:]:
                client.receive(LEAVE_S, never)
        for client in self._clients:
            client.close()

    def _go_on(self) -> None:
        if self._cancelled():
            raise Cancelled

    def _begin(self) -> None:
        """The next conversation of this look. A program that serves one client, and has ended as
        it should, is started again for it."""
        self._go_on()
        another = self.once and self._served
        if another and self.subject.wait(self.patience_s) and self.subject.returncode == 0:
            self.subject.restart()
        self._served = True

    # Marks in the life of the program.

    def mark(self) -> Mark:
        return self.subject.mark()

    def since(self, mark: Mark) -> tuple[Death, ...]:
        return self.subject.deaths(mark)

    # Outcomes.

    def passed(self, why: str = "", *values: tuple[str, str]) -> Outcome:
        return Outcome(self.probe, "pass", why, values)

    def not_tried(self, why: str, *values: tuple[str, str]) -> Outcome:
        return Outcome(self.probe, "not tried", why, values)

    def fail(
        self,
        symptom: str,
        *,
        sent: bytes = b"",
        got: bytes = b"",
        expected: bytes = b"",
        error: str | None = None,
        after_s: float | None = None,
        rule: str | None = None,
        figures: Figures = (),
        deaths: tuple[Death, ...] | None = None,
        stands: tuple[Stand, ...] | None = None,
        why: str = "",
    ) -> Outcome:
        """What was seen outside, with what the tap says of the inside: an end of the program or of
        a thread of it outweighs what its client saw."""
        if deaths is None:
            deaths = self.subject.settle(self._mark)
        if symptom in OUTSIDE and self.subject.inside:
            if not self.subject.alive:
                self.timeline.add("server", "dies")
                symptom = "died"
            elif any(not death.main and not death.swallowed for death in deaths):
                symptom = "thread-died"
        evidence = Evidence(
            symptom=symptom,
            sent=sent,
            expected=expected,
            got=got,
            error=error,
            after_s=round(after_s, 3) if after_s is not None else None,
            rule=rule,
            deaths=deaths,
            stands=self.subject.stands() if stands is None else stands,
            timeline=tuple(self.timeline.moments),
            figures=figures,
        )
        return Outcome(self.probe, "fail", why or symptom, (), evidence)

    def fails(self, held: Held, *, others: bool = False) -> Outcome:
        """The outcome of a conversation that did not go well. others: it was another client's."""
        waits = others and held.result in ("no-answer", "refused")
        return self.fail(
            "others-wait" if waits else held.result,
            sent=held.sent,
            got=held.got,
            expected=held.expected,
            error=held.error,
            after_s=held.after_s,
        )

    def thread_died(self, told_s: float) -> bool:
        """Whether a thread, though not the program, has ended by an exception in this look. The
        tap has so many seconds to tell of it."""
        deaths = self.subject.settle(self._mark, told_s)
        return any(not death.main and not death.swallowed for death in deaths)

    def must_be_good(self, held: Held) -> Outcome:
        return self.passed() if held.good else self.fails(held)


class Probe(NamedTuple):
    """One question to a program. applies: a key of the reason why it is not tried, or None; it asks
    the program nothing, which may have ended. rough: its clients leave without a farewell, of which
    a chat may suffer later. starts: it starts the program itself."""

    id: str
    applies: Callable[[Context], str | None]
    look: Callable[[Context], Outcome]
    rough: bool = False
    starts: bool = False


def many(context: Context) -> str | None:
    """Not of a program that serves one client and ends."""
    return "once" if context.once else None


def many_streams(context: Context) -> str | None:
    """Of TCP, and of a program that serves many."""
    return streams(context) or many(context)


def resting(context: Context) -> str | None:
    """Not where a client that has left leaves a thread that spins: many would leave many."""
    return "spins" if context.memory.get("spins") else None


def local(context: Context) -> str | None:
    """Only of a program that we have started."""
    return None if context.subject.inside else "remote"


def always(context: Context) -> str | None:
    return None


def streams(context: Context) -> str | None:
    """Only of TCP."""
    return "udp" if context.talk.datagram else None


def datagrams(context: Context) -> str | None:
    """Only of UDP."""
    return None if context.talk.datagram else "tcp"
