"""A conversation whose answers are not known yet: what a server says to it, turn by turn."""

from __future__ import annotations

import time
from dataclasses import dataclass

from labservers.checks.client import Client, Timeline, never
from labservers.checks.values import Address, Talk

IDLE_S = 0.12  # of silence, following an answer, before it is taken to be whole
PROMPT_S = 0.25  # an answer to a turn that is not the last may be none


@dataclass(frozen=True)
class Trial:
    """answers: one for each turn, b"" where none came. closed: by the server, after the last.
    again: the answer to the last turn where it was held once more. after_s: until the last answer
    began."""

    greeting: bytes
    answers: tuple[bytes, ...]
    closed: bool = False
    again: bytes = b""
    after_s: float = 0.0

    @property
    def answer(self) -> bytes:
        return self.answers[-1] if self.answers else b""


NOTHING = Trial(b"", ())


def greeting(address: Address, patience_s: float) -> bytes:
    """What the server says to a client that says nothing."""
    client = Client(address, Timeline())
    try:
        if address.datagram or not client.connect(patience_s):
            return b""
        return client.receive(min(PROMPT_S * 2, patience_s), enough=never)
    finally:
        client.close()


def attempt(
    talk: Talk,
    address: Address,
    patience_s: float,
    *,
    sends: tuple[bytes, ...] | None = None,
    again: bool = False,
    timeline: Timeline | None = None,
) -> Trial:
    """Hold the talk with a new client, and keep what comes. again: and the last turn once more."""
    client = Client(address, timeline or Timeline())
    try:
        if not client.connect(patience_s):
            return NOTHING
        first = _whole(client, patience_s) if talk.greeting is not None else b""
        asked = sends or tuple(turn.send for turn in talk.turns)
        answers, after_s = [], 0.0
        for number, send in enumerate(asked):
            last, began = number == len(asked) - 1, time.monotonic()
            client.send(send)
            answers.append(_whole(client, patience_s if last else PROMPT_S))
            after_s = time.monotonic() - began
        closed = client.ended
        more = b""
        if again and answers[-1] and not closed:
            client.send(asked[-1])
            more = _whole(client, patience_s)
        return Trial(first, tuple(answers), closed, more, max(0.0, after_s - IDLE_S))
    finally:
        client.close()


def _whole(client: Client, first_s: float) -> bytes:
    """An answer: until the server is silent for a while, or has closed."""
    since = len(client.got)
    client.receive(first_s, since=since)
    while not client.ended:
        size = len(client.got)
        if size == since or not client.receive(IDLE_S, since=size):
            break
    return bytes(client.got[since:])
