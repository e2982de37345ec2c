"""The conversation of the program that is checked: given, recorded, learned or guessed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from labservers.checks import companion, learned
from labservers.checks.companion import ElsewhereError, Typed
from labservers.checks.guess import Found, Guess, Lives
from labservers.checks.hints import Hints
from labservers.checks.learned import Recording, TalkError
from labservers.checks.patience import Patience
from labservers.checks.values import Evidence, Outcome, Talk, Task

CLIENT_BYTES = 256 * 1024


class Wanted(NamedTuple):
    """What the user says of the conversation. held: it was found before. talk: a file. client: a
    program that holds it; typed: what it gets for its prompts."""

    task: Task | None = None
    held: Talk | None = None
    talk: Path | None = None
    client: Path | None = None
    file: Path | None = None
    python: str = sys.executable
    typed: Typed | None = None


def spoken(
    wanted: Wanted, subject: Lives, patience: Patience, hints: Hints
) -> tuple[Found | None, Outcome | None]:
    """The conversation, and why it is not that of the client, which heard nothing; without one,
    why `answers` is not tried, or fails. A chat's client alone hears nothing: its family's
    conversation is held instead."""
    if wanted.held is not None:
        return Found(wanted.held), None
    guess = Guess(subject, patience, hints)
    try:
        recorded = _recorded(wanted, subject)
        if recorded is not None:
            return _held_again(recorded, guess), None
        found = guess.talk(wanted.task) or _by_neighbour(wanted, subject, guess)
    except ElsewhereError as error:
        values = (("addresses", str(error)),)
        return None, Outcome(
            "answers", "fail", "client-elsewhere", values, Evidence("refused"), confirmed=True
        )
    except (TalkError, OSError):
        if wanted.client is not None and (task := wanted.task or hints.task) is not None:
            return guess.talk(task), Outcome("client", "not tried", "client-unheard")
        return None, _not_learned(wanted)
    return found, None if found is not None else _unheard(subject, hints)


def _not_learned(wanted: Wanted) -> Outcome:
    """From what the user has given, a file or a client."""
    given, why = (
        (wanted.client, "client-silent") if wanted.talk is None else (wanted.talk, "bad-talk")
    )
    name = given.name if given is not None else ""
    return Outcome("answers", "not tried", why, (("file", name),))


def _unheard(subject: Lives, hints: Hints) -> Outcome:
    """Why a program has answered nothing. One that receives datagrams alone may be meant so."""
    receives = subject.address is not None and subject.address.datagram and not hints.sends
    if receives:
        return Outcome("answers", "not tried", "never-sends")
    prompt = subject.asks_for_answers()
    if prompt is not None:
        return Outcome("answers", "not tried", "answers-by-hand", (("prompt", prompt),))
    return Outcome("answers", "not tried", "no-talk")


def _recorded(wanted: Wanted, subject: Lives) -> Recording | None:
    if wanted.talk is not None:
        return learned.from_file(wanted.talk, wanted.task)
    if wanted.client is not None:
        return _of_client(wanted.client, wanted, subject)
    return None


def _of_client(client: Path, wanted: Wanted, subject: Lives) -> Recording:
    if not subject.serving():
        subject.restart()
    if subject.address is None:
        raise TalkError("the server does not listen")
    return companion.learn(
        client.resolve(), wanted.python, subject.address, wanted.task, wanted.typed
    )


def _held_again(recorded: Recording, guess: Guess) -> Found:
    found = guess.learned(recorded.talk, recorded.trial)
    if found is None:
        return Found(recorded.talk, sure=False)
    return found._replace(talk=learned.agreed(recorded, found.talk))


def _by_neighbour(wanted: Wanted, subject: Lives, guess: Guess) -> Found | None:
    """By the one client that lies beside the server and names its port."""
    if wanted.file is None or subject.address is None:
        return None
    port = str(subject.address.port)
    clients = [
        path
        for path in sorted(wanted.file.resolve().parent.glob("*client*.py"))
        if path.is_file() and port in path.read_bytes()[:CLIENT_BYTES].decode("utf-8", "replace")
    ]
    if len(clients) != 1:
        return None
    try:
        return _held_again(_of_client(clients[0], wanted, subject), guess)
    except TalkError:
        return None
