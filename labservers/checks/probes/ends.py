"""Connections end, nothing is left open, the program ends by ^C and can be started again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from labservers.checks import ports
from labservers.checks.client import Client
from labservers.checks.context import Context, Probe, local, many, resting, streams
from labservers.checks.folders import Folder
from labservers.checks.patience import strain
from labservers.checks.probes.busy import spinning
from labservers.checks.talks import member
from labservers.checks.values import Outcome

VISITS = 50
MEMBERS = 25  # of a chat, who take their time to join
SPARE = 10  # descriptors and threads that a server may keep for later
END_S = 2.0
LOOK_S = 0.05
ACCEPT_S = 0.2  # for a server to accept a client that says nothing


def closes(context: Context) -> Outcome:
    """A client has left: the server's side of its connection is closed as well."""
    client = context.member(0)
    client.send(context.talk.turns[-1].send)
    if context.talk.answered != "other":
        client.receive(context.patience_s)
    own = {client.pair.client[1]} if client.pair is not None else set()
    client.close()
    if _becomes(context, lambda: not ports.held(context.address.port, own)):
        return context.passed()
    return context.fail("leaks", figures=(("left_open", 1.0),), after_s=_patience_s(context))


def descriptors(context: Context) -> Outcome:
    """Fifty visits leave no descriptor behind."""
    left = _left_by_visits(context)
    if left is None:
        return context.not_tried("no-figures")
    if left.descriptors <= SPARE:
        return context.passed()
    figures = (("left_open", float(left.descriptors)), ("visits", float(VISITS)))
    return context.fail("leaks", figures=figures)


def threads(context: Context) -> Outcome:
    """Fifty visits leave no thread behind, and none that is at work for nobody."""
    if context.cpu_before:
        figures = (("cpu", context.cpu_before), ("cpu_before", context.cpu_before))
        return context.fail("spins", figures=figures, why="busy-loop")
    left = _left_by_visits(context)
    if left is None:
        return context.not_tried("no-figures")
    if left.threads > SPARE:
        figures = (("threads_left", float(left.threads)), ("visits", float(VISITS)))
        return context.fail("leaks", figures=figures, why="threads-leak")
    cpu = spinning(context)
    if cpu is not None:
        return context.fail("spins", figures=(("cpu", cpu), ("cpu_before", context.cpu_before)))
    return context.passed()


def ctrl_c(context: Context) -> Outcome:
    """It ends within 2 s of ^C, on a machine that is not busy, though a client is connected."""
    if not context.talk.datagram and not context.once:
        context.member(0)
        time.sleep(ACCEPT_S)
    context.timeline.add("you", "^C")
    context.subject.interrupt()
    patience_s = max(END_S * strain(), 2 * context.patience_s)
    if context.subject.wait(patience_s):
        return context.passed()
    context.memory["ignores ^C"] = True
    return context.fail("not-ended", after_s=patience_s)


def again(context: Context) -> Outcome:
    """Started again at once, though a connection of its last run is in TIME-WAIT."""
    address = context.address
    client = context.member(0)
    if context.talk.answered != "other":
        client.send(context.talk.turns[-1].send)
        client.receive(context.patience_s)
    if not context.memory.get("ignores ^C"):
        context.subject.interrupt()
        context.subject.wait(END_S * strain())
    context.subject.end()
    client.receive(context.patience_s, lambda data: False)
    client.close_by_fin()
    kept = ports.keeps(address)
    reason = context.subject.start_again()
    if reason is None:
        return context.passed() if kept else context.not_tried("no-time-wait")
    figures = (("time_wait", float(kept)),)
    return context.fail("port-taken", figures=figures, deaths=(), why="no-reuseaddr")


def folder(context: Context) -> Outcome:
    """Started from another folder, it answers as well."""
    with Folder() as empty:
        reason = context.subject.restart(empty)
        try:
            if reason is not None:
                return context.fail("not-started")
            return context.must_be_good(context.hold())
        finally:
            context.subject.end()


class Left(NamedTuple):
    """What is open, or alive, beyond what was before the visits."""

    descriptors: int
    threads: int


def _left_by_visits(context: Context) -> Left | None:
    """Of so many visits; both probes that ask look at the same ones. None: the system does not
    say."""
    kept = None if context.second else context.memory.get("visits")
    if isinstance(kept, Left):
        return kept
    before = context.subject.descriptors(), context.subject.threads()
    if before[0] is None or before[1] is None:
        return None
    _visit(context)

    def now() -> Left:
        descriptors, threads = context.subject.descriptors(), context.subject.threads()
        return Left((descriptors or 0) - (before[0] or 0), (threads or 0) - (before[1] or 0))

    _becomes(context, lambda: max(now()) <= SPARE)
    context.memory["visits"] = left = now()
    return left


def _visit(context: Context) -> None:
    """Good clients, one after the other, that ask and leave."""
    members = context.talk.answered == "other"
    for number in range(MEMBERS if members else VISITS):
        if not context.subject.alive:
            return
        if not members:
            context.hold()
            continue
        client = Client(context.address, context.timeline, f"client {number + 1}")
        client.connect(context.patience_s)
        for turn in member(context.talk.turns[:-1], number):
            client.send(turn.send)
            context.rest([client], LOOK_S)
        if context.talk.farewell:
            client.send(context.talk.farewell)
            context.rest([client], LOOK_S)
        client.close()


def _becomes(context: Context, so: Callable[[], bool]) -> bool:
    """Patience is asked anew at each look: what delays us meanwhile delays the program as well.
    The last look begins when it is over."""
    began = time.monotonic()
    while True:
        over = time.monotonic() - began >= _patience_s(context)
        if so():
            return True
        if over:
            return False
        time.sleep(LOOK_S)


def _patience_s(context: Context) -> float:
    """For an end, which nobody waits for: on a busy machine others come first."""
    return context.patience_s * strain()


def _many_local(context: Context) -> str | None:
    return local(context) or many(context) or resting(context)


def _streams_local(context: Context) -> str | None:
    return local(context) or streams(context)


def _streams_many(context: Context) -> str | None:
    return streams(context) or many(context) or resting(context)


PROBES = (
    Probe("closes", _streams_many, closes, rough=True),
    Probe("descriptors", _many_local, descriptors),
    Probe("threads", _many_local, threads),
    Probe("ctrl-c", local, ctrl_c),
    Probe("folder", local, folder, starts=True),
    Probe("again", _streams_local, again),
)
