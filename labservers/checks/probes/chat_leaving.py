"""Members that leave, kindly or not, come and go, or do not read: the others hear everything."""

from __future__ import annotations

import time

from labservers.checks.client import Client, never
from labservers.checks.context import Context, Probe
from labservers.checks.holding import take_leave
from labservers.checks.patience import strain
from labservers.checks.probes.chat_room import (
    chat,
    crowd,
    hear_all,
    heard,
    joined,
    lost,
    members,
    message,
    missed,
    said_and_heard_once,
    say,
    tag,
)
from labservers.checks.values import Outcome

FLOOD = 64 * 1024  # bytes that nobody has said
LEAVES_S = 0.1  # a server has noticed that somebody left
TWICE = 3  # the first send() to one that is gone still works
CROWD = 60
LATE = 10  # of them leave as something is said to them
JOINS = 4  # times that it is looked whether all of the crowd have joined
SAID = 100  # messages, while half of the crowd leaves
FILLING = b"." * 1000  # so that recv(1024) does not return ten messages at once
PIECE = b"x" * 1000
PIECES = 64  # said at once
ENOUGH = 1024 * 1024  # bytes: more than is kept for a small client that does not read
FLOOD_S = 5.0  # a slow server has had enough by then
QUIET_S = 0.2
STUCK_S = 1.0  # a room that is silent for so long stands still
BACKLOG_S = 4.0  # of messages that are heard late
RECOVERS_S = 6.0  # a room that drops a deaf member after this long has a limit


def leave_fin(context: Context) -> Outcome:
    """One closes, another one says goodbye where that is usual; they sit between the others."""
    speaker, first, hearer, second, last = members(context, 5)
    for leaver in (first, second):
        leaver.receive(0.01, never)  # a close with unread bytes is RST
    first.close()
    take_leave(context.talk, second)
    second.close()
    return _after_leaving(context, speaker, [hearer, last], [first, second])


def leave_reset(context: Context) -> Outcome:
    speaker, first, hearer, second, last = members(context, 5)
    first.reset()
    second.reset()
    return _after_leaving(context, speaker, [hearer, last], [first, second])


def _after_leaving(
    context: Context, speaker: Client, hearers: list[Client], left: list[Client]
) -> Outcome:
    """Speak again and again, the others too."""
    context.rest([speaker, *hearers, *left], LEAVES_S)
    for turn in range(TWICE):
        failed = said_and_heard_once(context, speaker, hearers)
        if failed is not None:
            return failed
        if sum(len(one.got) for one in hearers) > FLOOD:
            return context.fail("spins", got=bytes(hearers[0].got[-200:]), why="empty-read-spins")
        speaker, hearers = hearers[0], [speaker, *hearers[1:]]
        hearers[0].receive(0.02 * (turn + 1), never)
    return context.passed()


def churn(context: Context) -> Outcome:
    """Many of a crowd leave, one by one, while one speaks: those who stay miss nothing. The speaker
    has joined first: where a loop gets its words and an end at once, the words come first."""
    speaker = members(context, 1, first=CROWD)[0]
    everybody = crowd(context, CROWD)
    _wait_for_all(context, speaker, everybody)
    early, others = everybody[::2], everybody[1::2]
    stayers, late = others[:-LATE], others[-LATE:]
    words = _speak_while_they_leave(context, speaker, early, late, stayers)
    hear_all(context, stayers, words)
    absent = missed(stayers, words)
    if any(one.ended or one.error for one in stayers):
        return context.must_be_good(context.good())  # it does not take such a crowd
    if absent:
        return lost(context, absent[0], "chat-message-lost")
    return context.passed()


def _speak_while_they_leave(
    context: Context, speaker: Client, early: list[Client], late: list[Client], stay: list[Client]
) -> list[bytes]:
    """What was said. Those who leave early have joined first: all later ones move up. Those who
    leave late are gone by RST while they are told something, or just before."""
    words = [tag() for _ in range(SAID)]
    every = max(1, SAID // len(early))
    for number, word in enumerate(words):
        if number % every == 0 and early:
            early.pop(0).close()
        say(context, speaker, word + FILLING)
        if number % every == 1 and late:
            late.pop().reset()
        for reader in (speaker, stay[number % len(stay)]):  # nobody is deaf
            reader.receive(0.001, never)
    return words


def _wait_for_all(context: Context, speaker: Client, others: list[Client]) -> None:
    """Say something until all hear it: a busy server has yet to let some of them join."""
    for _ in range(JOINS):
        word = tag()
        say(context, speaker, word)
        if heard(context, others, word):
            return


def deaf(context: Context) -> Outcome:
    """One does not read, another one says more than the kernel keeps for it."""
    speaker, hearer = members(context, 2)
    joined(context, range(2, 3), small=True)
    _flood(context, speaker, hearer)
    may_recover = context.hints.limits and not context.second
    began, word = time.monotonic(), tag()
    if _hears_again(context, speaker, hearer, word, RECOVERS_S if may_recover else STUCK_S):
        return context.passed()
    return context.fail("others-wait", expected=word, after_s=time.monotonic() - began)


def _hears_again(
    context: Context, speaker: Client, hearer: Client, word: bytes, recovers_s: float
) -> bool:
    """Whether a word is heard. A room in which something is heard meanwhile does not stand still:
    a busy server has yet to send what was said before."""
    moved = time.monotonic()
    until = moved + max(recovers_s, BACKLOG_S * strain())
    while time.monotonic() < min(moved + recovers_s, until):
        hearer.got.clear()
        speaker.receive(0.01, never)
        speaker.send(message(context, word), STUCK_S)
        hearer.receive(context.patience_s, lambda got: word in got)
        if word in hearer.got:
            return True
        if hearer.got:
            moved = time.monotonic()
    return False


def _flood(context: Context, speaker: Client, hearer: Client) -> None:
    """Say more and more, and read what is heard of it, until the room stands still."""
    block = message(context, PIECE) * PIECES
    until = time.monotonic() + FLOOD_S
    sent = 0
    while sent < ENOUGH and time.monotonic() < until:
        hearer.got.clear()
        speaker.got.clear()
        if not speaker.send(block, STUCK_S) or not hearer.receive(STUCK_S):
            return
        sent += len(block)
        hearer.receive(QUIET_S, lambda got: len(got) >= len(block))
        speaker.receive(0.001, never)


DEAF = Probe("chat-deaf", chat, deaf)
PROBES = (
    Probe("chat-leave-fin", chat, leave_fin),
    Probe("chat-leave-reset", chat, leave_reset),
    Probe("chat-churn", chat, churn),
)
