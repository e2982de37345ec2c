"""Many clients at once: all connect and ask before the first of them reads its answer."""

from __future__ import annotations

import time

from labservers.checks.client import Client, Timeline
from labservers.checks.context import Context
from labservers.checks.holding import goes_on, hears
from labservers.checks.talks import member

REST_S = 0.3
CONNECT_S = 0.03  # a SYN that a full accept queue has dropped would come again after a second


def served(context: Context, count: int, seconds: float) -> int:
    """How many of so many clients have got their answer within that time."""
    until = time.monotonic() + seconds
    clients = [Client(context.address, Timeline(), f"client {n + 1}") for n in range(count)]
    try:
        for client in clients:
            _connect(client, until)
            if context.talk.answered != "other":
                client.send(context.talk.turns[0].send)
        if context.talk.answered == "other":
            _join(context, clients)
            return 1 + _hear(context, clients[0], clients[1:], until)
        return sum(_is_served(context, client, until) for client in clients)
    finally:
        for client in clients:
            if context.talk.farewell:
                client.send(context.talk.farewell)
            client.close()


def _connect(client: Client, until: float) -> None:
    """Until the server has room for it: how long its accept queue is, is not the question."""
    while not client.connect(CONNECT_S) and time.monotonic() < until:
        if client.error != "TimeoutError":
            time.sleep(CONNECT_S)


def _join(context: Context, clients: list[Client]) -> None:
    """All of them say one turn, then all the next, but for the last."""
    context.rest(clients, REST_S)
    for turn in range(len(context.talk.turns) - 1):
        for number, client in enumerate(clients):
            client.send(member(context.talk.turns, number)[turn].send)
        context.rest(clients, REST_S)


def _hear(context: Context, speaker: Client, others: list[Client], until: float) -> int:
    """How many of the others hear what is said. It is said again where some do not: a member that
    the server has not accepted yet has missed it."""
    deaf = others
    while deaf and time.monotonic() < until:
        speaker.send(context.talk.turns[-1].send)
        pass_ends = min(until, time.monotonic() + context.patience_s)
        deaf = [
            one
            for one in deaf
            if not hears(context.talk, one, max(0.01, pass_ends - time.monotonic()))
        ]
    return len(others) - len(deaf)


def _is_served(context: Context, client: Client, until: float) -> bool:
    """Its answers have come; it leaves then, so that the next one has its turn."""
    good = goes_on(context.talk, client, max(0.01, until - time.monotonic()))
    client.close()
    return good


def hold_open(context: Context, count: int, seconds: float) -> list[Client]:
    """So many clients that say nothing, of which those that cannot connect are not kept."""
    until = time.monotonic() + seconds
    clients: list[Client] = []
    while len(clients) < count and time.monotonic() < until:
        client = Client(context.address, Timeline())
        if not client.connect(max(0.05, until - time.monotonic())):
            break
        clients.append(client)
    return clients
