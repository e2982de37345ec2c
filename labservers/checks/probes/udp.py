"""Datagrams: large ones, empty ones, many at once from many senders."""

from __future__ import annotations

import re
import time

from labservers.checks.context import Context, Probe, datagrams, many
from labservers.checks.values import Outcome

LARGE = (2_000, 60_000)  # bytes; 65,507 is the most that IPv4 carries, and an answer may be longer
FEW = b"a" * 20
SENDERS, EACH = 10, 3


def large(context: Context) -> Outcome:
    """Answered; and where the answer is made of the question, of all of it."""
    first = context.hold()
    if not first.good:
        return context.fails(first)
    if not _answered(context, FEW):
        return context.not_tried("no-long-form")
    for size in LARGE:
        sent = b"a" * size
        client = context.connected()
        client.send(sent)
        got = client.receive(context.patience_s)
        if client.error or not got:
            return context.fail("no-answer", sent=sent, got=got, error=client.error)
        if _made_of(first.sent, first.got) and not _made_of(sent, got):
            return context.fail("wrong-answer", sent=sent, got=got, expected=sent)
    held = context.good()
    return context.passed() if held.good else context.fails(held, others=True)


def _answered(context: Context, words: bytes) -> bool:
    """Whether an answer is due to any words, and not only to those of the conversation."""
    client = context.connected()
    client.send(words)
    return bool(client.receive(context.patience_s))


def _made_of(sent: bytes, got: bytes) -> bool:
    """Whether the answer holds the question, or its length."""
    number = re.search(rb"(?<!\d)%d(?!\d)" % len(sent.decode("utf-8", "replace")), got)
    return sent.lower() in got.lower() or number is not None


def empty(context: Context) -> Outcome:
    """An empty datagram is one as well; the next one is answered."""
    client = context.connected()
    client.send(b"")
    client.receive(0.15)
    held = context.good()
    return context.passed() if held.good else context.fails(held, others=True)


def burst(context: Context) -> Outcome:
    """Thirty datagrams of ten senders: each gets its answers, and nobody else's."""
    clients = [context.connected(f"client {number + 1}") for number in range(SENDERS)]
    request = context.talk.turns[-1].send
    for _ in range(EACH):
        for client in clients:
            client.send(request)
    until = time.monotonic() + context.patience_s
    answered = 0
    for client in clients:
        client.receive(max(0.05, until - time.monotonic()))
        answered += bool(client.got)
    if answered == SENDERS:
        return context.passed()
    figures = (("answered", float(answered)), ("of", float(SENDERS)))
    return context.fail("lost", sent=request, figures=figures)


def _many_datagrams(context: Context) -> str | None:
    return datagrams(context) or many(context)


PROBES = (
    Probe("udp-large", _many_datagrams, large),
    Probe("udp-empty", _many_datagrams, empty),
    Probe("udp-burst", _many_datagrams, burst),
)
