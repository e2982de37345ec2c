"""A whole check: the program is started, its conversation found, each probe looked at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from labservers.checks.context import Cancelled, Probe, Setting
from labservers.checks.findings import CANNOT_RUN, findings
from labservers.checks.guess import Found
from labservers.checks.hints import Hints, hints
from labservers.checks.looks import Looks
from labservers.checks.own_files import own_files
from labservers.checks.patience import Patience, strain
from labservers.checks.probes import (
    basics,
    busy,
    chat,
    chat_leaving,
    delivery,
    ends,
    hostile,
    http,
    http_forms,
    load,
    udp,
)
from labservers.checks.spoken import Wanted, spoken
from labservers.checks.subject import Subject
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address, Evidence, Outcome, ProgramFacts, Talk, Task, Verdict
from labservers.net.addresses import is_shared
from labservers.net.descriptors import raise_descriptor_limit

__all__ = ["Cancelled", "Options", "Progress", "run"]

# In this order: what is told kindly first, what takes long last. Rough ones stand together, for
# the program is started anew after them.
PROBES: tuple[Probe, ...] = (
    *basics.PROBES,
    *delivery.PROBES,
    *hostile.PROBES,
    load.SILENT,
    load.SLOW,
    *udp.PROBES,
    *chat.PROBES,
    chat_leaving.DEAF,
    delivery.HALF_CLOSE,
    *hostile.LEAVING,
    *ends.PROBES,
    *http.PROBES,
    *chat_leaving.PROBES,
    load.CROWD_COMES,
    *http_forms.PROBES,  # they change what the page shows
)
WHOLE_S = 45.0  # beyond it no probe is begun
LATE_S = 3.0  # to listen: then it is said how long it took
SILENT = "never-listens"  # it was waited for very long, and is not looked at again
SWITCH_S = 0.0001  # of a chat's threads, 5 ms by itself: what they share is changed meanwhile
# The value of a text about why a program cannot be checked: its name, and that in the subject.
SAID = {
    "waits-for-input": ("prompt", "asks"),
    "unix-socket": ("path", "unix"),
    "needs-arguments": ("said", "lacks"),
}
LOST = ("port-lost", "port-waits")  # it does not get its port, and the rest is not tried
PRIVILEGED = 1024  # ports below it are for root alone


@dataclass(frozen=True)
class Options:
    """What is checked, and how. only: ids of probes, () are all. pace_s: a client rests so long
    at each thing it does. once: no second look, to show a probe again. held: the conversation, as
    an earlier check has found it; nothing but the probes touches the program then."""

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
    typed: Callable[[str], str | None] | None = None
    held: Talk | None = None


class Progress(NamedTuple):
    """The n-th of the probes is being looked at."""

    probe: str
    n: int
    of: int


def run(
    options: Options, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
) -> Verdict:
    """Check a program. Everything is ended, closed and removed when it returns.

    Raises:
        Cancelled
    """
    began = time.monotonic()
    raise_descriptor_limit()
    check = _Check(options, progress, cancelled)
    try:
        return check.verdict(began)
    finally:
        check.end()


class _Check:
    def __init__(
        self,
        options: Options,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._options = options
        self._progress = progress
        self._cancelled = cancelled
        self._hints = hints(options.file) if options.file is not None else Hints()
        self._subject = _subject(options, self._hints)
        self._patience = Patience()
        self._probes = [one for one in PROBES if not options.only or one.id in options.only]

    def end(self) -> None:
        self._subject.close()
        self._patience.close()

    def verdict(self, began: float) -> Verdict:
        outcomes = [self._started()]
        found: Found | None = None
        if outcomes[0].outcome == "pass":
            cpu_before = busy.at_work(self._subject) if self._subject.inside else 0.0
            found, why = spoken(self._wanted(), self._subject, self._patience, self._hints)
            if found is None and (lost := self._subject.lost_port()) is not None:
                why = Outcome("answers", "not tried", *lost)
            outcomes += [why] if why is not None else []
            if found is not None:
                outcomes += self._looked(found, cpu_before, began)
        return self._concluded(found, outcomes, began)

    def _started(self) -> Outcome:
        self._progress(Progress("starts", 1, len(self._probes) + 1))
        mark = self._subject.mark()
        reason = self._subject.start()
        if reason is not None and reason not in CANNOT_RUN and reason != SILENT:
            mark = self._subject.mark()
            reason = self._subject.restart()
        address, privileged = self._subject.address, False
        if reason is None and address is not None and address.port < PRIVILEGED:
            reason = "port-below-1024" if self._subject.inside else None
            privileged = reason is not None
        if reason is None and address is not None and not address.datagram:
            reason = "address-not-here" if is_shared(address.host) else None
        if reason is None:
            return Outcome("starts", "pass", *self._late())
        lost = self._subject.lost_port() if reason == "port-taken" else None
        if lost is not None and lost.why == "port-waits":
            reason = lost.why
        said = lost.values if lost is not None else self._said_of(reason)
        figure = "privileged" if privileged else "port"
        evidence = Evidence(
            "not-started",
            deaths=self._subject.settle(mark),
            stands=self._subject.stands(),
            figures=((figure, float(address.port)),) if address is not None else (),
        )
        return Outcome("starts", "fail", reason, said, evidence, confirmed=True)

    def _late(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Whether it has taken long to listen, and how long."""
        took_s = self._subject.listened_s or 0.0
        return ("listens-late", (("s", f"{took_s:.0f}"),)) if took_s >= LATE_S else ("", ())

    def _said_of(self, reason: str) -> tuple[tuple[str, str], ...]:
        """The values of a text about why it does not start."""
        if reason == "port-taken":
            return (("who", ""),)  # the system does not say by whom
        if reason == SILENT:
            return (("s", f"{self._subject.waited_s:.0f}"),)
        if reason not in SAID:
            return ()
        name, of = SAID[reason]
        return ((name, getattr(self._subject, of, None) or ""),)

    def _wanted(self) -> Wanted:
        asked = self._options
        return Wanted(
            asked.task, asked.held, asked.talk, asked.client, asked.file, asked.python, asked.typed
        )

    def _looked(self, found: Found, cpu_before: float, began: float) -> list[Outcome]:
        setting = Setting(
            found.talk,
            self._subject,
            self._patience,
            self._hints,
            {},
            found.once,
            cpu_before,
            self._options.pace_s,
            self._cancelled,
        )
        until = began + WHOLE_S * strain()
        looks = Looks(setting, until, twice=not self._options.once)
        outcomes = []
        for number, probe in enumerate(self._probes, 2):
            if self._cancelled():
                raise Cancelled
            self._progress(Progress(probe.id, number, len(self._probes) + 1))
            outcomes.append(looks.look(probe))
        return outcomes

    def _concluded(
        self, conversation: Found | None, outcomes: Sequence[Outcome], began: float
    ) -> Verdict:
        facts = self._facts(conversation.talk if conversation is not None else None)
        found = findings(outcomes, self._options.language, facts)
        mend = any(finding.level == "must" for finding in found)
        cannot = _why_not_whole(outcomes)
        return Verdict(
            program=str(self._options.file or self._options.address),
            task=facts.task,
            talk=facts.talk,
            guessed=self._options.task is None,
            verdict="mend" if mend else "cannot run" if cannot else "pass",
            outcomes=tuple(outcomes),
            findings=tuple(found),
            reason=cannot.why if cannot is not None else "",
            reason_values=cannot.values if cannot is not None else (),
            took_s=round(time.monotonic() - began, 2),
            facts=facts,
            conversation=conversation.talk if conversation is not None else None,
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
            called=self._subject.called(),
        )


def _why_not_whole(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The outcome that says why the program cannot be run, or why the check has ended early."""
    begins = [one for one in outcomes[:2] if one.why in CANNOT_RUN]
    return next(iter(begins + [one for one in outcomes if one.why in LOST]), None)


def _subject(options: Options, seen: Hints) -> Subject | Remote:
    if options.file is not None:
        switch_s = SWITCH_S if "chat" in (options.task, seen.task) else None
        return Subject(options.file, options.arguments, options.python, switch_s=switch_s)
    assert options.address is not None
    return Remote(options.address)
