"""A conversation held once: kindly, or told in another way."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping
from typing import Literal

from labservers.checks.client import Client, Timeline, never
from labservers.checks.far_ends import wait_for_reader
from labservers.checks.rest import Rest, flat
from labservers.checks.talks import member
from labservers.checks.values import Address, Talk, Turn

Delivery = Literal["whole", "bytes", "half-close"]
Result = Literal["good", "no-answer", "wrong-answer", "closed", "reset", "refused"]

SINGLY = 24  # bytes that go out one by one; the rest in pieces
PIECES = 12
REST_S = 0.15
HASTE_S = 0.01  # one has joined before the next
LEAVE_S = 0.1
FIRST_GAP_S = 0.1  # a thread of the server for this client has begun to read by then
READ_S = 2.0  # and has read the first piece, on a busy machine
GAP_S = 0.004  # between two pieces, so that the server's recv() returns each by itself


@dataclasses.dataclass(frozen=True)
class Held:
    """How a conversation went. sent, got: of the turn that it ended with, where it failed, and of
    all turns where it is good. after_s: the slowest answer, or the time that was waited."""

    result: Result
    sent: bytes
    got: bytes
    expected: bytes = b""
    error: str | None = None
    after_s: float = 0.0
    closed: bool = False

    @property
    def good(self) -> bool:
        return self.result == "good"


def hold(
    talk: Talk,
    address: Address,
    timeline: Timeline,
    patience_s: float,
    *,
    delivery: Delivery = "whole",
    side: str = "client",
    rest: Rest = flat,
) -> Held:
    """Hold it with a new client. rest: how members of a chat wait until they have joined."""
    if talk.answered == "other":
        return in_chat(talk, address, timeline, patience_s, delivery=delivery, side=side, rest=rest)
    client = Client(address, timeline, side)
    try:
        if not client.connect(patience_s):
            return Held("refused", b"", b"", error=client.error)
        held = converse(talk, client, patience_s, delivery=delivery)
        if held.good:
            take_leave(talk, client)
        return held
    finally:
        client.close()


def in_chat(
    talk: Talk,
    address: Address,
    timeline: Timeline,
    patience_s: float,
    *,
    delivery: Delivery = "whole",
    side: str = "client",
    rest: Rest = flat,
    friends: Talk | None = None,
) -> Held:
    """A chat, held by two: one says the last turn, the other one hears it. friends: how the other
    one joins, where not in the same way."""
    speaker, hearer = Client(address, timeline, side), Client(address, timeline, f"{side}'s friend")
    try:
        for client in (hearer, speaker):
            if not client.connect(patience_s):
                return Held("refused", b"", b"", error=client.error)
        join({hearer: (friends or talk, 1), speaker: (talk, 0)}, patience_s, rest)
        held = said_and_heard(talk, speaker, hearer, patience_s, delivery=delivery)
        if held.good:
            take_leave(talk, speaker)
            take_leave(talk, hearer)
        return held
    finally:
        speaker.close()
        hearer.close()


def join(
    members: Mapping[Client, tuple[Talk, int]],
    patience_s: float,
    rest: Rest = flat,
    *,
    rest_s: float = REST_S,
) -> None:
    """All turns but the last, held by each as the n-th member, from 0, one after the other. No
    answer is due. They rest together in between, for a server to which a recv() is a message; and
    where nobody says anything to join, until the server has accepted all."""
    for client, (talk, _) in members.items():
        if talk.greeting is not None:
            client.receive(patience_s)
    most = max(len(talk.turns) for talk, _ in members.values()) - 1
    for turn in range(max(1, most)):
        for client, (talk, number) in members.items():
            if turn < len(talk.turns) - 1:
                client.send(member(talk.turns, number)[turn].send)
                client.receive(HASTE_S, enough=never)
        rest(list(members), min(rest_s if most else REST_S, patience_s / 3))


def said_and_heard(
    talk: Talk, speaker: Client, hearer: Client, patience_s: float, *, delivery: Delivery = "whole"
) -> Held:
    """The last turn of a chat, between two that have joined."""
    turn = talk.turns[-1]
    assert turn.answer is not None
    since, began = len(hearer.got), time.monotonic()
    _send(speaker, turn.send, delivery, last=True)
    held = _answer(talk, turn, hearer, since, patience_s, to_the_end=False)
    if held is not None:
        return held
    after_s = time.monotonic() - began
    return Held("good", turn.send, bytes(hearer.got[since:]), after_s=after_s)


def hears(talk: Talk, client: Client, timeout_s: float) -> bool:
    """Whether the answers to all turns, which were sent already, come to this client."""
    turns = talk.turns[-1:] if talk.answered == "other" else talk.turns
    parts = [talk.greeting or b"", *(turn.answer or b"" for turn in turns)]
    whole = re.compile(b"".join(b"(?:%b)" % part for part in parts), re.DOTALL)
    closes = talk.ends == "server" and not talk.datagram
    got = client.receive(
        timeout_s, never if closes else lambda data: whole.fullmatch(data) is not None
    )
    return whole.fullmatch(got) is not None


def up_to_last(talk: Talk, client: Client, patience_s: float) -> Talk:
    """Hold all turns but the last one, each in its turn: two that are sent together are one for a
    server to which a recv() is a message. What is left of the talk."""
    *before, last = talk.turns
    if not before:
        return talk
    begin = dataclasses.replace(talk, turns=tuple(before), ends="either")
    converse(begin, client, patience_s)
    client.got.clear()
    return dataclasses.replace(talk, greeting=None, turns=(last,))


def goes_on(talk: Talk, client: Client, patience_s: float) -> bool:
    """Whether it goes on as it should when the first turn has been sent already."""
    first, *others = talk.turns
    both = b"(?:%b)(?:%b)" % (talk.greeting or b"", first.answer or b"")
    rest = dataclasses.replace(talk, greeting=None, turns=(Turn(b"", both), *others))
    return converse(rest, client, patience_s).good


def take_leave(talk: Talk, client: Client) -> None:
    """Say what a good client says at the end, and give the server a moment to close."""
    if talk.farewell:
        client.send(talk.farewell)
        client.receive(LEAVE_S, enough=never, since=len(client.got))


def converse(
    talk: Talk, client: Client, patience_s: float, *, delivery: Delivery = "whole"
) -> Held:
    """Hold it with a client that is connected."""
    slowest_s = 0.0
    turns = (Turn(b"", talk.greeting), *talk.turns) if talk.greeting else talk.turns
    for number, turn in enumerate(turns):
        last = number == len(turns) - 1
        since, began = len(client.got), time.monotonic()
        _send(client, turn.send, delivery, last=last)
        if turn.answer is None:
            continue
        held = _answer(talk, turn, client, since, patience_s, to_the_end=last)
        slowest_s = max(slowest_s, time.monotonic() - began)
        if held is not None:
            return held
    return Held(
        "good", bytes(client.sent), bytes(client.got), after_s=slowest_s, closed=client.ended
    )


def _send(client: Client, data: bytes, delivery: Delivery, *, last: bool) -> None:
    """last: nothing is sent after it."""
    ends = last and delivery == "half-close"
    if delivery != "bytes":
        if data:
            client.send(data, more=ends)
        if ends:
            client.finish()
        return
    for number, piece in enumerate(pieces(data)):
        if not client.send(piece):
            return
        time.sleep(GAP_S if number else FIRST_GAP_S)
        if not number:
            wait_for_reader(client.pair, READ_S)


def pieces(data: bytes) -> list[bytes]:
    """Single bytes at first, then a few pieces."""
    singles = [data[at : at + 1] for at in range(min(SINGLY, len(data)))]
    rest = data[SINGLY:]
    size = max(1, -(-len(rest) // PIECES))
    return singles + [rest[at : at + size] for at in range(0, len(rest), size)]


def _answer(
    talk: Talk, turn: Turn, client: Client, since: int, patience_s: float, *, to_the_end: bool
) -> Held | None:
    """None: it has come as expected."""
    assert turn.answer is not None
    whole = re.compile(turn.answer, re.DOTALL)
    closes = to_the_end and talk.ends == "server" and not talk.datagram

    def enough(data: bytes) -> bool:
        return whole.fullmatch(data) is not None

    began = time.monotonic()
    got = client.receive(patience_s, never if closes else enough, since=since)
    after_s = time.monotonic() - began
    if whole.fullmatch(got):
        return None
    if client.ended:
        result: Result = "reset" if client.error else "closed"
        if got and not client.error:
            result = "wrong-answer"
    else:
        result = "wrong-answer" if got else "no-answer"
    return Held(result, turn.send, got, turn.answer, client.error, after_s, client.ended)
