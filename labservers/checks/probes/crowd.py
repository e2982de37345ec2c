"""Many clients at once: all connect and ask before the first of them reads its answer."""

from __future__ import annotations

import time

from labservers.checks.client import Client, Timeline
from labservers.checks.context import Context
from labservers.checks.holding import hears
from labservers.checks.talks import member

REST_S = 0.3
CONNECT_S = 1.5  # a SYN that a full accept queue has dropped comes again after a second


def served(context: Context, count: int, seconds: float) -> int:
    """How many of so many clients have got their answer within that time."""
    until = time.monotonic() + seconds
    clients = [Client(context.address, Timeline(), f"client {n + 1}") for n in range(count)]
    try:
        for client in clients:
            client.connect(max(0.05, min(CONNECT_S, until - time.monotonic())))
            if context.talk.answered != "other":
                client.send(b"".join(turn.send for turn in context.talk.turns))
        if context.talk.answered == "other":
            _join(context, clients)
        return sum(_is_served(context, client, until) for client in clients)
    finally:
        for client in clients:
            client.close()


def _join(context: Context, clients: list[Client]) -> None:
    """All of them say one turn, then all the next; what the first one says last all hear."""
    for turn in range(len(context.talk.turns) - 1):
        for number, client in enumerate(clients):
            client.send(member(context.talk.turns, number)[turn].send)
        time.sleep(REST_S)
    clients[0].send(context.talk.turns[-1].send)


def _is_served(context: Context, client: Client, until: float) -> bool:
    """Its answer has come; it leaves then, so that the next one has its turn."""
    left_s = max(0.01, until - time.monotonic())
    good = hears(context.talk, client, left_s)
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
