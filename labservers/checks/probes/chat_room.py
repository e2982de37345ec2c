"""Members of a chat, as the conversation of the checked program lets them join and speak."""

from __future__ import annotations

import dataclasses
import re
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from labservers.checks.client import Client
from labservers.checks.context import Context
from labservers.checks.holding import REST_S, join
from labservers.checks.talks import SAID
from labservers.checks.values import Outcome, Talk, Turn

ROOM, OTHER_ROOM = b"1", b"2"
AFTER_S = 0.1  # a message that comes twice has come so soon


class Missed(NamedTuple):
    """A member that has heard a message another number of times than once."""

    member: str
    tag: bytes
    times: int


def chat(context: Context) -> str | None:
    """Only of a chat whose messages are known to be plain text."""
    said = context.talk.turns[-1].send if context.talk.turns else b""
    return None if context.talk.answered == "other" and SAID in said else "not-chat"


def rooms(context: Context) -> str | None:
    joins = [word for turn in context.talk.turns[:-1] for word in turn.send.split()]
    plain = context.talk.id == "chat-plain" or ROOM not in joins
    return chat(context) or ("no-rooms" if plain else None)


def in_room(talk: Talk, room: bytes) -> Talk:
    """The same conversation in another room."""
    *joins, last = talk.turns
    turns = tuple(
        Turn(re.sub(rb"(?<!\S)%b(?!\S)" % ROOM, room, turn.send), turn.answer) for turn in joins
    )
    return dataclasses.replace(talk, turns=(*turns, last))


def members(context: Context, count: int, room: bytes = ROOM, first: int = 0) -> list[Client]:
    """So many that have joined, in this order, and have rested together: a server to which each
    recv() is a message needs a rest between two turns."""
    return joined(context, range(first, first + count), room, rest_s=REST_S)


def crowd(context: Context, count: int, first: int = 0) -> list[Client]:
    """Many that have joined, without much of a rest."""
    return joined(context, range(first, first + count), rest_s=0.0)


def joined(
    context: Context,
    numbers: range,
    room: bytes = ROOM,
    *,
    rest_s: float = REST_S,
    small: bool = False,
) -> list[Client]:
    """Members by their numbers, from 0. small: there is little room for what they do not read."""
    talk = in_room(context.talk, room)
    clients = {context.client(f"member {number + 1}"): (talk, number) for number in numbers}
    for client in clients:
        client.connect(context.patience_s, small=small)
    join(clients, context.patience_s, context.rest, rest_s=rest_s)
    return list(clients)


def tag() -> bytes:
    """A word that was never said before."""
    return b"w" + uuid.uuid4().hex[:8].encode()


def message(context: Context, words: bytes) -> bytes:
    """Words as this chat's clients send them."""
    return context.talk.turns[-1].send.replace(SAID, words)


def say(context: Context, speaker: Client, words: bytes) -> bool:
    return speaker.send(message(context, words))


def heard(context: Context, hearers: Iterable[Client], words: bytes) -> bool:
    """Wait until all have heard it, or for as long as an answer is waited for."""
    until = time.monotonic() + context.patience_s
    found = True
    for hearer in hearers:
        left_s = max(until - time.monotonic(), 0.02)
        hearer.receive(left_s, lambda got: words in got)
        found = words in hearer.got and found
    return found


def hear_all(context: Context, hearers: Iterable[Client], words: Sequence[bytes]) -> None:
    """Wait until all have heard all of it, in whatever order. Each word is waited for as long as an
    answer is; nothing more where one does not come."""
    for hearer in hearers:
        for word in words:
            if word not in hearer.got and not heard(context, [hearer], word):
                return


def missed(hearers: Sequence[Client], words: Iterable[bytes]) -> list[Missed]:
    """What has not been heard exactly once."""
    return [
        Missed(hearer.side, word, hearer.got.count(word))
        for word in words
        for hearer in hearers
        if hearer.got.count(word) != 1
    ]


def said_and_heard_once(
    context: Context, speaker: Client, hearers: Sequence[Client]
) -> Outcome | None:
    """Say something new; None: all others have heard it once, the speaker at most once."""
    word = tag()
    say(context, speaker, word)
    heard(context, hearers, word)
    context.rest([speaker, *hearers], AFTER_S)
    found = missed(hearers, [word])
    if speaker.got.count(word) > 1:
        found.append(Missed(speaker.side, word, speaker.got.count(word)))
    return lost(context, found[0]) if found else None


def lost(context: Context, first: Missed, why: str = "") -> Outcome:
    outcome = context.fail("lost", sent=first.tag, expected=first.tag, why=why)
    values = {
        "text": first.tag.decode(),
        "times": str(first.times),
        "member": first.member.rpartition(" ")[2],
    }
    return dataclasses.replace(outcome, values=tuple(values.items()))
