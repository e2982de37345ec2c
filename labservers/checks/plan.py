"""A whole check: the program is started, its conversation found, each probe looked at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from labservers.checks.context import Context, Probe
from labservers.checks.findings import CANNOT_RUN, findings
from labservers.checks.guess import Found, Guess
from labservers.checks.hints import hints
from labservers.checks.own_files import own_files
from labservers.checks.patience import Patience
from labservers.checks.probes import basics, hostile, http, http_forms
from labservers.checks.subject import Subject
from labservers.checks.texts import text
from labservers.checks.values import (
    Address,
    Evidence,
    Outcome,
    ProgramFacts,
    Talk,
    Task,
    Verdict,
)

PROBES: tuple[Probe, ...] = (
    *basics.PROBES,
    *hostile.PROBES,
    *http.PROBES,
    *http_forms.PROBES,
)


@dataclass(frozen=True)
class Options:
    """What is checked, and how. only: ids of probes, () are all. pace_s: a client rests so long
    at each thing it does. once: no second look, to show a probe again."""

    file: Path | None = None
    address: Address | None = None
    task: Task | None = None
    talk: Path | None = None
    client: Path | None = None
    python: str = sys.executable
    arguments: tuple[str, ...] = ()
    language: Literal["en", "ru"] = "en"
    only: tuple[str, ...] = ()
    pace_s: float = 0.0
    once: bool = False


class Progress(NamedTuple):
    """The n-th of the probes is being looked at."""

    probe: str
    n: int
    of: int


class Cancelled(Exception):
    """The user has cancelled the check."""


def run(
    options: Options, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
) -> Verdict:
    """Check a program. Everything is ended, closed and removed when it returns.

    Raises:
        Cancelled
    """
    began = time.monotonic()
    assert options.file is not None
    subject = Subject(options.file, options.arguments, options.python)
    patience = Patience()
    try:
        return _Check(options, subject, patience, progress, cancelled).verdict(began)
    finally:
        subject.end()
        patience.close()


class _Check:
    def __init__(
        self,
        options: Options,
        subject: Subject,
        patience: Patience,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._options = options
        self._subject = subject
        self._patience = patience
        self._progress = progress
        self._cancelled = cancelled
        self._fresh = True

    def verdict(self, began: float) -> Verdict:
        reason = self._subject.start()
        if reason is not None:
            evidence = Evidence("not-started", deaths=self._subject.deaths(self._subject.mark()))
            outcomes: list[Outcome] = [Outcome("starts", "fail", reason, (), evidence, True)]
            return self._concluded(None, outcomes, began)
        found = self._found()
        outcomes = [Outcome("starts", "pass")]
        if found is None:
            return self._concluded(None, outcomes, began)
        talk = found.talk
        for number, probe in enumerate(PROBES, 1):
            if self._cancelled():
                raise Cancelled
            self._progress(Progress(probe.id, number, len(PROBES)))
            outcomes.append(self._looked(probe, talk))
        return self._concluded(talk, outcomes, began)

    def _found(self) -> Found | None:
        assert self._options.file is not None
        guess = Guess(self._subject, self._patience, hints(self._options.file))
        return guess.talk(self._options.task)

    def _looked(self, probe: Probe, talk: Talk) -> Outcome:
        """Look once, and a second time with a fresh program where it failed."""
        self._make_fresh()
        first = self._look(probe, talk)
        if first.outcome != "fail" or self._options.once:
            return first
        self._fresh = False
        self._make_fresh()
        kindly = self._look(basics.PROBES[0], talk)
        if kindly.outcome != "pass":
            return first
        second = self._look(probe, talk)
        self._fresh = False
        if second.outcome != "fail":
            return second
        return Outcome(probe.id, "fail", second.why, second.values, second.evidence, True)

    def _look(self, probe: Probe, talk: Talk) -> Outcome:
        context = Context(probe.id, talk, self._subject, self._patience, self._options.pace_s)
        try:
            why = probe.applies(context)
            return context.not_tried(why) if why is not None else probe.look(context)
        finally:
            context.close()

    def _make_fresh(self) -> None:
        if not self._fresh or not self._subject.alive:
            self._subject.restart()
            self._fresh = True

    def _concluded(self, talk: Talk | None, outcomes: Sequence[Outcome], began: float) -> Verdict:
        facts = self._facts(talk)
        found = findings(outcomes, self._options.language, facts)
        mend = any(finding.level == "must" for finding in found)
        cannot = next((one.why for one in outcomes if one.why in CANNOT_RUN), None)
        return Verdict(
            program=str(self._options.file),
            task=facts.task,
            talk=facts.talk,
            guessed=self._options.task is None,
            verdict="cannot run" if cannot else "mend" if mend else "pass",
            outcomes=tuple(outcomes),
            findings=tuple(found),
            reason=text(self._options.language, f"cannot.{cannot}") if cannot else "",
            took_s=round(time.monotonic() - began, 2),
            facts=facts,
        )

    def _facts(self, talk: Talk | None) -> ProgramFacts:
        file = self._options.file
        return ProgramFacts(
            file=file.name if file is not None else "",
            sources=own_files(file) if file is not None else (),
            task=talk.task if talk is not None else None,
            talk=talk.id if talk is not None else None,
            observed=self._subject.inside,
            address=self._subject.address,
        )
