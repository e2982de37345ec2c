"""An experiment in a process of its own: `python -m labservers.clients.crowd --channel FD PLAN`.

PLAN is a JSON object, see Plan. Its progress is a JSON object a line on standard output. It ends
with its clients, on SIGTERM, when its time is up, and when the channel's other end is gone.
"""

import argparse
import base64
import json
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from labservers.clients.crowd.driver import Client, Crowd
from labservers.clients.crowd.freeze import freeze
from labservers.clients.crowd.visitors import KINDS, Talk
from labservers.net.descriptors import raise_descriptor_limit

OVERALL_S = 75.0


class Plan(NamedTuple):
    """kind: of KINDS, or `freeze`, which needs `pid` alone. opening, request: base64."""

    kind: str
    n: int = 1
    pid: int = 0
    host: str = ""
    port: int = 0
    datagrams: bool = False
    opening: str = ""
    request: str = ""
    stays: bool = False
    numbered: bool = False


def clients_of(plan: Plan) -> Iterator[Client]:
    if plan.kind == "freeze":
        return freeze(plan.pid)
    opening, request = (base64.b64decode(text) for text in (plan.opening, plan.request))
    talk = Talk(plan.host, plan.port, plan.datagrams, request, opening, plan.stays, plan.numbered)
    return KINDS[plan.kind](talk, plan.n)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--channel", type=int)
    parser.add_argument("plan", type=json.loads)
    options = parser.parse_args(words)
    plan = Plan(**options.plan)
    raise_descriptor_limit()
    crowd = Crowd(clients_of(plan), time.monotonic() + OVERALL_S)
    signal.signal(signal.SIGTERM, lambda *_: crowd.end())
    signal.signal(signal.SIGINT, lambda *_: crowd.end())
    if options.channel is not None:
        crowd.watch(socket.socket(fileno=options.channel))

    def note() -> None:
        progress: dict[str, Any] = {"done": crowd.done, "failed": crowd.failed}
        print(json.dumps(progress), flush=True)

    try:
        crowd.run(note)
    except BrokenPipeError:
        pass  # the reader has gone
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
