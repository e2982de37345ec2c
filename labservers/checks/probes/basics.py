"""It answers, as the conversation says, and a second time."""

from __future__ import annotations

from labservers.checks.context import Context, Probe, always
from labservers.checks.values import Outcome


def answers(context: Context) -> Outcome:
    return context.must_be_good(context.hold())


def answers_again(context: Context) -> Outcome:
    if context.once:
        return context.fail("died", why="ends-after-one")
    first = context.hold()
    if not first.good:
        return context.fails(first)
    second = context.good()
    return context.passed() if second.good else context.fails(second)


ANSWERS = Probe("answers", always, answers)
PROBES = (
    ANSWERS,
    Probe("answers-again", always, answers_again),
)
