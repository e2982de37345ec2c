"""Everybody hears everybody, once and in one order; a letter may come in two parts."""

from __future__ import annotations

import dataclasses
import itertools
import re
import time
from collections.abc import Sequence

from labservers.checks.client import Client, never
from labservers.checks.context import Context, Probe
from labservers.checks.diagnosis.sentences import shown
from labservers.checks.far_ends import wait_for_reader
from labservers.checks.holding import READ_S
from labservers.checks.probes.chat_room import (
    OTHER_ROOM,
    chat,
    heard,
    lost,
    members,
    message,
    missed,
    rooms,
    said_and_heard_once,
    say,
    tag,
)
from labservers.checks.values import Outcome

EACH_SAYS = 30
# From both speaking to both speaking again, in turns: so close that they may overtake each other,
# and so far that a busy server does not get all of them by one recv().
TOGETHER_S = (0.001, 0.002, 0.008)
LISTENERS = 4
LETTER = "Ж".encode()
HALF_S = 0.06  # between two halves of a letter
LEAK_S = 0.3  # what is heard in another room is heard so soon


def all_hear(context: Context) -> Outcome:
    """Three members, and each of them speaks."""
    joined = members(context, 3)
    for speaker in joined:
        others = [member for member in joined if member is not speaker]
        failed = said_and_heard_once(context, speaker, others)
        if failed is not None:
            return failed
    return context.passed()


def one_order(context: Context) -> Outcome:
    """Two speak at the same time; who listens hears the same order as the next one."""
    joined = members(context, 2 + LISTENERS)
    speakers, listeners = joined[:2], joined[2:]
    words = [(speaker, tag()) for _ in range(EACH_SAYS) for speaker in speakers]
    rests = itertools.cycle(TOGETHER_S)
    for speaker, word in words:
        say(context, speaker, word)
        if speaker is speakers[-1]:
            time.sleep(next(rests))
    for _, word in words:
        if not heard(context, listeners, word):
            break
    absent = missed(listeners, [word for _, word in words])
    if absent:
        return lost(context, absent[0], "chat-message-lost")
    orders = [_order(member, [word for _, word in words]) for member in listeners]
    own = [_order(listeners[0], [w for s, w in words if s is speaker]) for speaker in speakers]
    kept = [[w for s, w in words if s is speaker] for speaker in speakers]
    if own != kept or any(order != orders[0] for order in orders):
        return _other_order(context, orders)
    return context.passed()


def _order(member: Client, words: Sequence[bytes]) -> list[bytes]:
    return sorted(words, key=member.got.find)


def _other_order(context: Context, orders: Sequence[Sequence[bytes]]) -> Outcome:
    other = next((order for order in orders if order != orders[0]), orders[0])
    word = next((a for a, b in zip(orders[0], other, strict=True) if a != b), other[0])
    outcome = context.fail("lost", expected=word, why="chat-order-differs")
    return dataclasses.replace(outcome, values=(("text", word.decode()),))


def other_rooms(context: Context) -> Outcome:
    """Two rooms with two members each, joined in turns."""
    ours = members(context, 1)
    theirs = members(context, 1, OTHER_ROOM, first=1)
    ours += members(context, 1, first=2)
    theirs += members(context, 1, OTHER_ROOM, first=3)
    for speaker, friend, strangers in ((ours[0], ours[1], theirs), (theirs[0], theirs[1], ours)):
        word = tag()
        say(context, speaker, word)
        heard(context, [friend], word)
        if _reaches(context, strangers, word):
            outcome = context.fail("lost", sent=word, got=word, why="chat-rooms-mixed")
            return dataclasses.replace(outcome, values=(("text", word.decode()),))
    return context.passed()


def _reaches(context: Context, strangers: Sequence[Client], word: bytes) -> bool:
    """Whether one of them hears it within a while."""
    context.rest(strangers, LEAK_S)
    return any(word in stranger.got for stranger in strangers)


def letters(context: Context) -> Outcome:
    """A message in two segments, cut inside its first letter."""
    speaker, hearer = members(context, 2)
    word = tag()
    data = message(context, LETTER + word)
    cut = data.index(LETTER) + 1
    speaker.send(data[:cut])
    hearer.receive(HALF_S, never)
    wait_for_reader(speaker.pair, READ_S)
    speaker.send(data[cut:])
    heard(context, [hearer], word)
    got = bytes(hearer.got)
    if LETTER + word in got:
        return context.passed()
    found = re.search(rb"[^\n]{0,12}" + word, got)
    apart = _apart(got, word)
    cause = "recv-taken-for-message" if apart else "decode-half-letter"
    outcome = context.fail("wrong-answer", sent=LETTER + word, got=got, why=cause)
    values = {"sent": shown(LETTER + word), "got": shown(found[0] if found else b"")}
    return dataclasses.replace(outcome, values=tuple(values.items()))


def _apart(got: bytes, word: bytes) -> bool:
    """Whether both halves have come as they are, with something between: nobody decoded them, and
    each was passed on as a message."""
    first, second = LETTER[:1], LETTER[1:]
    return (
        re.search(re.escape(first) + b".+?" + re.escape(second + word), got, re.DOTALL) is not None
    )


PROBES = (
    Probe("chat-all", chat, all_hear),
    Probe("chat-order", chat, one_order),
    Probe("chat-others", rooms, other_rooms),
    Probe("chat-letters", chat, letters),
)
