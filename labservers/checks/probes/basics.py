"""It answers, as the conversation says, and a second time."""

from __future__ import annotations

from labservers.checks.context import Context, Probe, always
from labservers.checks.values import Outcome

MISLED_S = 0.1  # an answer to the wrong client has come by then


def answers(context: Context) -> Outcome:
    return context.must_be_good(context.hold())


def answers_again(context: Context) -> Outcome:
    if context.once:
        return context.fail("died", why="ends-after-one")
    if context.talk.datagram:
        return _another_sender(context)
    first = context.hold()
    if not first.good:
        return context.fails(first)
    second = context.good()
    return context.passed() if second.good else context.fails(second)


def _another_sender(context: Context) -> Outcome:
    """The second answer goes to the second one that asks, and not to the first."""
    first = context.connected()
    first.send(context.talk.turns[-1].send)
    first.receive(context.patience_s)
    before = len(first.got)
    second = context.good()
    if second.good:
        return context.passed()
    if first.receive(MISLED_S, since=before):
        return context.fail("no-answer", sent=second.sent, why="udp-wrong-sender")
    return context.fails(second)


ANSWERS = Probe("answers", always, answers)
ANSWERS_AGAIN = Probe("answers-again", always, answers_again)
PROBES = (
    ANSWERS,
    ANSWERS_AGAIN,
)
