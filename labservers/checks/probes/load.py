"""Another client is served while one says nothing, or reads nothing, or a crowd comes."""

from __future__ import annotations

import time

from labservers.checks.context import Context, Probe, many_streams, resting
from labservers.checks.holding import Held, hears, up_to_last
from labservers.checks.patience import strain
from labservers.checks.probes.crowd import hold_open, served
from labservers.checks.values import Outcome

FREED_S = 14.0
AGAIN_S = 0.25
CROWD = 100
MEMBERS = 30  # of a chat, each of whom hears everybody
MANY = 1_100  # more than FD_SETSIZE
CROWD_S = 8.0
SLOW_S = 2.0
MOST_STRAIN = 2.0  # of the time that a crowd has


def silent(context: Context) -> Outcome:
    """One client is connected and says nothing; another one says half of a request."""
    request = context.talk.turns[-1].send
    for begun in (b"", request[: len(request) // 2]):
        client = context.member(0) if begun else context.connected()
        if begun:
            client.send(begun)
        client.waits()
        held = context.good()
        if not held.good:
            return _others_wait(context, held)
        if context.talk.framed == "recv":
            break
        client.close()
    return context.passed()


def _others_wait(context: Context, held: Held) -> Outcome:
    """How long they wait is looked at once: until the server lets go of the silent one."""
    stands = context.subject.stands()
    figures: tuple[tuple[str, float], ...] = ()
    may_end = context.hints.limits and not context.second
    if may_end and held.result in ("no-answer", "refused"):
        began = time.monotonic()
        if _served_within(context, FREED_S):
            figures = (("freed_after_s", round(time.monotonic() - began + held.after_s, 1)),)
    waits = held.result in ("no-answer", "refused")
    return context.fail(
        "others-wait" if waits else held.result,
        sent=held.sent,
        got=held.got,
        expected=held.expected,
        after_s=held.after_s,
        stands=stands,
        figures=figures,
    )


def _served_within(context: Context, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and context.subject.serving():
        if context.good(typical=False).good:  # it had to wait for its turn
            return True
        time.sleep(AGAIN_S)
    return False


def slow(context: Context) -> Outcome:
    """One client asks and does not read for a while; then all of its answer is there."""
    client = context.client()
    client.connect(context.patience_s, small=True)
    last = up_to_last(context.talk, client, context.patience_s)
    client.send(last.turns[-1].send)
    client.waits()
    held = context.good()
    if not held.good:
        return _others_wait(context, held)
    if hears(last, client, context.patience_s + SLOW_S):
        return context.passed()
    return context.fail(
        "closed" if client.ended else "no-answer",
        sent=bytes(client.sent),
        got=bytes(client.got),
        expected=context.talk.turns[-1].answer or b"",
        error=client.error,
        figures=(("received", len(client.got)),),
    )


def crowd(context: Context) -> Outcome:
    """A hundred at once are all served; and where select() is used, more than it can watch."""
    size = MEMBERS if context.talk.answered == "other" else CROWD
    count = served(context, size, CROWD_S * min(MOST_STRAIN, strain()))
    if count < size:
        figures = (("served", float(count)), ("of", float(size)))
        return context.fail("others-wait", figures=figures, after_s=CROWD_S)
    if context.hints.selects:
        return _more_than_select_watches(context)
    return context.passed()


def _more_than_select_watches(context: Context) -> Outcome:
    """FD_SETSIZE is 1,024: a descriptor beyond it is none for select() (select(2))."""
    clients = hold_open(context, MANY, CROWD_S * min(MOST_STRAIN, strain()))
    try:
        held = context.good()
        if held.good:
            return context.passed()
        return context.fail(
            "others-wait" if held.result in ("no-answer", "refused") else held.result,
            sent=held.sent,
            got=held.got,
            expected=held.expected,
            error=held.error,
            figures=(("connections", float(len(clients))),),
        )
    finally:
        for client in clients:
            client.reset()  # none of them is to keep the port (TIME-WAIT)


def _answers_itself(context: Context) -> str | None:
    """A member of a chat that does not read is a probe of chats."""
    return many_streams(context) or ("chat" if context.talk.answered == "other" else None)


def _crowd_may_come(context: Context) -> str | None:
    return many_streams(context) or resting(context)


SILENT = Probe("silent", many_streams, silent)
SLOW = Probe("slow", _answers_itself, slow)
CROWD_COMES = Probe("crowd", _crowd_may_come, crowd)  # of datagrams: udp-burst
