"""Which conversation a server speaks: candidates are tried, the likeliest first."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from labservers.checks import ports
from labservers.checks.client import Timeline
from labservers.checks.hints import Hints
from labservers.checks.holding import hold, in_chat
from labservers.checks.masking import pattern
from labservers.checks.patience import Patience, strain
from labservers.checks.refusals import refused, says_error
from labservers.checks.talks import Candidate, candidates, repeating
from labservers.checks.trial import NOTHING, Trial, attempt, greeting
from labservers.checks.values import Address, Talk, Task, Turn

BUDGET_S = 14.0
CLOSES_S, LOOK_S = 0.15, 0.01  # from the end of a client's stream to that of the server's
DIES_S = 0.25  # a server that a client has killed, or that is made for one, closes its port
SURE, MAYBE, HARDLY, NOT = 3, 2, 1, 0
NUMBER = re.compile(rb"-?\d+(?:[.,]\d+)?")


class Lives(Protocol):
    """The program, as it is needed here."""

    @property
    def address(self) -> Address | None: ...
    @property
    def returncode(self) -> int | None: ...
    def serving(self) -> bool: ...
    def restart(self) -> str | None: ...
    def wait(self, timeout_s: float) -> bool: ...
    def asks_for_answers(self) -> str | None: ...


class Found(NamedTuple):
    """The conversation of a program. once: it serves one client, and ends. sure: it has answered
    as one that speaks this conversation does."""

    talk: Talk
    once: bool = False
    sure: bool = True


class Guess:
    """Tries candidates at a program, which is started again where one has killed it."""

    def __init__(self, subject: Lives, patience: Patience, hints: Hints) -> None:
        self._subject = subject
        self._patience = patience
        self._hints = hints
        self._greeting: bytes | None = None
        self._repeats = False  # the question stood in the last answer

    def talk(self, task: Task | None) -> Found | None:
        """The conversation, with its answers; None: none of those that are known."""
        address = self._ready()
        if address is None:
            return None
        self._greeting = greeting(address, self._patience.seconds) or None
        datagram = address.datagram
        best = self._best(self._tried(task, datagram), time.monotonic() + BUDGET_S * strain())
        if best is not None:
            return self.learned(*best)
        return self._expected(next(candidates(self._hints, task, datagram=datagram), None), task)

    def learned(self, talk: Talk, first: Trial | None = None) -> Found | None:
        """A talk with the answers that this server gives; None: it gives none. What varies from
        one conversation to the next is masked. first: a trial that was held already."""
        if talk.answered == "other":
            return Found(self._rooms(talk), once=self._ends())
        trials = [first] if first is not None else [self._attempt(talk)]
        once = self._ends()
        trials += [self._attempt(talk, again=number == 1) for number in range(2)]
        good = [trial for trial in trials if trial.answer]
        if not good:
            return None
        if talk.task == "math":  # an answer at one time and an error at another do not vary
            good = [trial for trial in good if not says_error(trial.answer)] or good
        for trial in good:
            self._patience.learn(trial.after_s)
        turns = tuple(
            Turn(turn.send, _pattern([trial.answers[n] for trial in good]))
            for n, turn in enumerate(talk.turns)
        )
        answered = dataclasses.replace(
            talk,
            turns=turns,
            greeting=_pattern([trial.greeting for trial in good]),
            ends="server" if all(trial.closed for trial in good) else "either",
            repeats=any(trial.again for trial in good),
        )
        return Found(answered, once)

    def _ends(self) -> bool:
        """Whether the program, after one client, comes to an end as it should."""
        self._subject.wait(DIES_S)
        return not self._subject.serving() and self._subject.returncode == 0

    # Candidates.

    def _tried(self, task: Task | None, datagram: bool) -> Iterator[Candidate]:
        """One that repeats what it is sent answers everybody, or calculates nothing."""
        for candidate in candidates(self._hints, task, datagram=datagram):
            yield candidate
            if self._repeats and task is None:
                yield from repeating(self._hints)
                return

    def _best(self, tried: Iterable[Candidate], until: float) -> tuple[Talk, Trial] | None:
        """The first that is sure, else the first of the likeliest."""
        maybe: tuple[Talk, Trial] | None = None
        likely = NOT
        for candidate in tried:
            if time.monotonic() > until:
                break
            talk = dataclasses.replace(candidate.talk, greeting=self._expects_greeting(candidate))
            trial = self._heard(talk) if talk.answered == "other" else self._attempt(talk)
            judged = self._judged(dataclasses.replace(candidate, talk=talk), trial)
            self._repeats = judged == NOT and _repeats(talk, trial)
            if judged == SURE:
                return talk, trial
            if judged > likely:
                maybe, likely = (talk, trial), judged
        return maybe

    def _expects_greeting(self, candidate: Candidate) -> bytes | None:
        return b".+" if self._greeting is not None and not candidate.talk.datagram else None

    def _judged(self, candidate: Candidate, trial: Trial) -> int:
        talk = candidate.talk
        if not trial.answer:
            return NOT
        if talk.task == "math":
            return self._calculated(candidate, trial)
        if talk.task in ("page", "subjects"):
            return self._is_http(trial.answer)
        if talk.id in ("text", "hello-text") and says_error(trial.answer):
            return HARDLY
        return SURE if self._hints.task in (None, talk.task) or talk.datagram else MAYBE

    def _calculated(self, candidate: Candidate, trial: Trial) -> int:
        """Whether there is a number in the answer that was not in the question, and another one to
        another question."""
        if says_error(trial.answer):
            return NOT
        other = self._attempt(candidate.talk, candidate.other)
        asked = b" ".join(turn.send for turn in candidate.talk.turns)
        echo = trial.answer.strip() in asked
        if candidate.talk.id == "math-struct":
            return NOT if echo or trial.answer == other.answer else SURE
        new = set() if echo else _numbers(trial.answer) - _numbers(asked)
        if new and other.answer and trial.answer != other.answer:
            return SURE
        return MAYBE if self._hints.task == "math" and not echo else NOT

    def _is_http(self, answer: bytes) -> int:
        if refused(answer):
            return MAYBE
        web = self._hints.task in ("page", "subjects")
        return SURE if answer.startswith(b"HTTP/") or web else NOT

    def _expected(self, first: Candidate | None, task: Task | None) -> Found | None:
        """What a program ought to answer by its task, where it answers nothing that is known. The
        form of a question of mathematics is anybody's choice: nothing is expected there; nor that
        datagrams are greetings, where nothing says so."""
        sort = task or self._hints.task
        if first is None or sort not in ("hello", "page", "subjects", "chat"):
            return None
        if task is None and (sort == "chat" or (sort == "hello" and not self._hints.greets)):
            return None
        *joins, last = first.talk.turns
        said = Turn(last.send, last.answer or b".+")
        return Found(dataclasses.replace(first.talk, turns=(*joins, said)), sure=False)

    # Chats.

    def _heard(self, talk: Talk) -> Trial:
        """What the other one of two members hears."""
        address = self._ready()
        if address is None:
            return NOTHING
        held = hold(talk, address, Timeline(), self._patience.seconds)
        return Trial(b"", (held.got,)) if held.good else NOTHING

    def _rooms(self, talk: Talk) -> Talk:
        """Whether the first turn names a room, or means nothing to the server: somebody in
        another room does not hear what is said, or does. Where the source speaks of rooms, the
        talk has them in any case, so that a fault in them is found."""
        address = self._ready()
        if talk.id != "chat-rooms" or self._hints.rooms or address is None:
            return talk
        join = Turn(talk.turns[0].send.replace(b"1", b"2"))
        elsewhere = dataclasses.replace(talk, turns=(join, *talk.turns[1:]))
        patience_s = self._patience.seconds
        if not in_chat(talk, address, Timeline(), patience_s, friends=elsewhere).good:
            return talk
        plain = dataclasses.replace(talk, id="chat-plain", turns=talk.turns[1:])
        alone = hold(plain, address, Timeline(), patience_s).good
        return plain if alone else dataclasses.replace(talk, id="chat-plain")

    # The program.

    def _attempt(
        self, talk: Talk, sends: tuple[bytes, ...] | None = None, *, again: bool = False
    ) -> Trial:
        """Held once; and once more where the program has ended, perhaps of the client before."""
        trial = NOTHING
        for _ in range(2):
            address = self._ready()
            if address is None:
                break
            trial = attempt(talk, address, self._patience.seconds, sends=sends, again=again)
            if trial.answer or (self._subject.serving() and not self._subject.wait(DIES_S)):
                break
        return trial

    def _ready(self) -> Address | None:
        """Where the program listens, started again if it has ended, or may serve nobody else."""
        ready = self._subject.serving() and not self._still_busy()
        if not ready and self._subject.restart() is not None:
            return None
        return self._subject.address

    def _still_busy(self) -> bool:
        """Whether it goes on with a client that has left: it may be one that serves no other."""
        address, until = self._subject.address, time.monotonic() + CLOSES_S
        while address is not None and ports.unclosed(address):
            if time.monotonic() > until:
                return True
            time.sleep(LOOK_S)
        return False


def _numbers(text: bytes) -> set[bytes]:
    """Those in a text; `5.0` is `5`, and `3,4` may be one or two."""
    found = {re.sub(rb"[.,]0+$", b"", number) for number in NUMBER.findall(text)}
    return found | set(re.findall(rb"\d+", text)) if b"," in text else found


def _repeats(talk: Talk, trial: Trial) -> bool:
    asked = talk.turns[-1].send.strip().lower()
    return talk.answered == "client" and not talk.datagram and asked in trial.answer.lower()


def _pattern(answers: list[bytes]) -> bytes | None:
    """None: nothing came, at any time."""
    return pattern(answers) if any(answers) else None
