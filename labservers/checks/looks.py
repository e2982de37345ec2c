"""Probes are looked at: once, and a second time where one failed, with the program as new."""

from __future__ import annotations

import time
from dataclasses import replace

from labservers.checks.context import Checked, Context, Probe, Setting
from labservers.checks.probes.basics import ANSWERS, ANSWERS_AGAIN
from labservers.checks.subject import Lost
from labservers.checks.values import Evidence, Outcome


class Looks:
    """A probe that fails is believed when it fails again at a fresh run of the program, where the
    same conversation, told kindly, works. twice: False to show a probe once more. kind: the
    probe that tells the conversation kindly."""

    def __init__(
        self, setting: Setting, until: float, *, twice: bool = True, kind: Probe = ANSWERS
    ) -> None:
        self._setting = setting
        self._subject: Checked = setting.subject
        self._until = until  # of time.monotonic(): probes are not begun after it
        self._twice = twice
        self._kind = kind
        self._fresh = not setting.once  # it has served somebody, and is about to end
        self._roughed = False  # members of a chat have left without a farewell
        self._unanswered = False
        self._lost: Lost | None = None  # why it does not get its port
        self._known: set[tuple[str, str | None]] = set()  # exceptions and lines, confirmed before

    def look(self, probe: Probe) -> Outcome:
        """Its outcome, in the end."""
        why = "unanswered" if self._unanswered else self._why_not(probe)
        if why is None and self._lost is None and time.monotonic() > self._until:
            why = "time"
        if why is None and not self._make_ready(probe):
            lost = self._lost or Lost("gone", ())
            return Outcome(probe.id, "not tried", lost.why, lost.values)
        if why is not None:
            return Outcome(probe.id, "not tried", why)
        first = self._once(probe)
        if self._setting.once:
            self._fresh = False
        self._roughed |= probe.rough and self._setting.talk.answered == "other"
        if first.outcome == "fail" and self._twice:
            return self._confirmed(probe, first)
        return first

    def _confirmed(self, probe: Probe, first: Outcome) -> Outcome:
        """Following a failure, whatever it was, the program is as new. An exception that has been
        seen twice in the same line is not looked at a third time."""
        if _causes(first) & self._known:
            self._fresh = False
            return replace(first, confirmed=True)
        kindly = probe is self._kind
        for _ in range(2):
            self._fresh = False
            if not self._make_ready(self._kind):
                gone = not self._subject.inside and first.evidence is not None
                return _sure(first, first) if gone else first
            if not kindly and self._once(self._kind, second=True).outcome != "pass":
                return first
            if not self._make_ready(probe):
                return first
            second = self._once(probe, second=True)
            self._fresh = False
            if second.outcome == "fail":
                alone = probe is ANSWERS_AGAIN and not self._setting.once and not _causes(first)
                self._unanswered = kindly or alone
                self._known |= _causes(first) & _causes(second)
                return _sure(first, second)
            if first.evidence is None or not first.evidence.deaths:
                return second
        return second

    def _once(self, probe: Probe, *, second: bool = False) -> Outcome:
        context = Context(probe.id, self._setting, second=second)
        try:
            return probe.look(context)
        finally:
            context.close()

    def _may_go_on(self, probe: Probe) -> bool:
        return probe.rough or not self._roughed

    def _why_not(self, probe: Probe) -> str | None:
        return probe.applies(Context(probe.id, self._setting))

    def _make_ready(self, probe: Probe) -> bool:
        """A run that serves; a fresh one where a probe has failed at the last, and of a chat where
        members have left roughly, unless others are about to. None is started any more where
        it does not get its port."""
        if self._lost is not None:
            return False
        if probe.starts or (self._fresh and self._may_go_on(probe) and self._subject.serving()):
            return True
        reason = self._subject.restart()
        self._fresh, self._roughed = reason is None, False
        if reason == "port-taken":
            self._lost = self._subject.lost_port()
        return self._fresh


def _sure(first: Outcome, second: Outcome) -> Outcome:
    """With the evidence of the look that saw more of the inside, or had more figures."""
    shown = max(first, second, key=_weight)
    return replace(shown, confirmed=True)


def _causes(outcome: Outcome) -> set[tuple[str, str | None]]:
    """What ended the program, or threads of it, and in which lines."""
    deaths = outcome.evidence.deaths if outcome.evidence is not None else ()
    return {(death.exception, death.line) for death in deaths if not death.swallowed}


def _weight(outcome: Outcome) -> tuple[int, int, int]:
    proof = outcome.evidence or Evidence("")
    return len(proof.deaths), len(proof.figures), len(proof.stands)
