"""The student's own client, run beside the server: it knows what the two of them speak.

It runs observed, on a terminal, and gets for its questions what its prompts ask for. What it has
sent and received is the conversation.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from labservers.checks.folders import Folder
from labservers.checks.learned import Recording, TalkError, of_points, recording
from labservers.checks.patience import strain
from labservers.checks.process import Process
from labservers.checks.prompts import Typist
from labservers.checks.values import Address, Task
from labservers.checks.witness import Witness, address_of
from labservers.net.addresses import connect_host
from labservers.observe.observed import Point

WHOLE_S = 12.0
IDLE_S = 1.5  # without a question, and without a call: it has said what it says
LOOK_S = 0.1
TOLD_S = 0.3
ANSWERS = 12  # of questions that a client asks for ever

Typed = Callable[[str], str | None]


class ElsewhereError(TalkError):
    """The client goes to another address than the server's."""


def learn(
    client: Path, python: str, address: Address, task: Task | None, typed: Typed | None = None
) -> Recording:
    """The conversation that it holds with the server at this address.

    Raises:
        ElsewhereError: with the addresses that it went to.
        TalkError: it sends nothing.
        OSError: it cannot be run.
    """
    witness = Witness(lambda line: None)
    with Folder() as cache:
        process = Process(python, client, (), client.parent, str(cache), witness.take)
        try:
            _keep_going(process, witness, typed or Typist(address))
        finally:
            process.end()
    points = [point for point in witness.points() if _goes_to(point, witness, address)]
    if not points:
        went = [point.result for point in witness.points() if point.call == "connect"]
        elsewhere = ", ".join(dict.fromkeys(address for address in went if address))
        raise ElsewhereError(elsewhere) if elsewhere else TalkError("it has sent nothing")
    turns, greeting = of_points(points)
    return recording(turns, task, greeting=greeting, datagram=address.datagram)


def _keep_going(process: Process, witness: Witness, typed: Typed) -> None:
    """Answer its questions until it ends, or has nothing more to say."""
    until, answers = time.monotonic() + WHOLE_S, 0
    quiet_since, seen = time.monotonic(), 0
    while process.alive and time.monotonic() < until and answers < ANSWERS:
        witness.wait(lambda: witness.asks, LOOK_S)
        if witness.asks is not None:
            asked_at = time.monotonic()
            answer = typed(witness.asks)
            until += time.monotonic() - asked_at  # people type slowly
            witness.asks = None
            if answer is None:
                break
            answers += 1
            process.type(answer.encode() + b"\n")
            quiet_since = time.monotonic()
        elif not witness.begun or witness.told != seen:
            seen, quiet_since = witness.told, time.monotonic()
        elif time.monotonic() - quiet_since > IDLE_S * strain():
            break
    time.sleep(TOLD_S)


def _goes_to(point: Point, witness: Witness, address: Address) -> bool:
    if point.id is None:
        return False
    peer = witness.peers.get(point.id) or (point.result or "").rpartition(" ")[2]
    found = address_of(peer, datagram=address.datagram)
    if found is None:
        return address.datagram and point.id in witness.peers
    return found.port == address.port and found.host in (address.host, connect_host(address.host))
