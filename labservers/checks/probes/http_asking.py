"""One request over a connection of its own, and the answer as its bytes came."""

from __future__ import annotations

import dataclasses
import re
import time
from typing import NamedTuple

from labservers.checks.client import Client, never
from labservers.checks.context import Context
from labservers.checks.far_ends import wait_for_reader
from labservers.checks.holding import READ_S
from labservers.checks.http_answer import Answer, Framing, read
from labservers.checks.values import Outcome

REQUEST = re.compile(rb"[A-Z]+ (\S+) HTTP/1")
PAUSE_S = 0.2  # what comes so long after a complete answer belongs to it
QUIET_S = 0.3
GAP_S = 0.1  # between two segments
LARGE_S = 10.0  # an answer that comes and comes is read for so long


class Reply(NamedTuple):
    """sent, got: all bytes; dropped: how many came beyond them. cut: more was coming when nobody
    waited any longer. ended: the server has closed; error: or broken off. after_s: seconds until
    the answer was complete, or waited in vain."""

    sent: bytes
    got: bytes
    ended: bool
    error: str | None
    after_s: float
    dropped: int = 0
    cut: bool = False

    @property
    def answer(self) -> Answer:
        return read(self.got)

    @property
    def status(self) -> int:
        """0 where there is not an answer."""
        return self.answer.status or 0

    @property
    def fine(self) -> bool:
        """It says: done."""
        return 200 <= self.status < 300


def path_of(context: Context) -> str:
    """Of the page that the conversation asks for."""
    for turn in context.talk.turns:
        matched = REQUEST.match(turn.send)
        if matched is not None:
            return matched[1].decode("latin-1")
    return "/"


def head(context: Context, method: str, path: str, *lines: str) -> bytes:
    """A request's head as a plain client sends it."""
    first = [f"{method} {path} HTTP/1.1", f"Host: {context.address}", *lines, "", ""]
    return "\r\n".join(first).encode("latin-1")


def ask(
    context: Context,
    path: str,
    method: str = "GET",
    *,
    lines: tuple[str, ...] = (),
    linger_s: float = 0.0,
    to_the_end: bool = False,
) -> Reply:
    """A request without a body; see exchange()."""
    request = head(context, method, path, *lines)
    return exchange(context, request, method, linger_s=linger_s, to_the_end=to_the_end)


def exchange(
    context: Context,
    request: bytes,
    method: str = "GET",
    *,
    then: bytes = b"",
    linger_s: float = 0.0,
    to_the_end: bool = False,
) -> Reply:
    """Bytes as they are, and the answer; `then` follows in a segment of its own. linger_s: what
    comes so long after the answer is taken as well. to_the_end: an answer whose end is not said is
    waited for as long as any, not only until it is quiet."""
    client = context.connected()
    began = time.monotonic()
    client.send(request)
    if then:
        client.receive(GAP_S)
        wait_for_reader(client.pair, READ_S)
        client.send(then)
    framing = Framing(method)
    client.receive(context.patience_s, framing.head_or_whole)
    cut = not framing.whole(client.got) and _rest(context, client, framing, to_the_end)
    after_s = time.monotonic() - began
    if linger_s and not client.ended:
        client.receive(linger_s, never)
    client.close()
    got, dropped = bytes(client.got), client.dropped
    return Reply(bytes(client.sent), got, client.ended, client.error, after_s, dropped, cut)


def _rest(context: Context, client: Client, framing: Framing, to_the_end: bool) -> bool:
    """The body: up to its end, where that is said, else until it is quiet for a while. Whether
    there was more of it than there is time for."""
    if framing.says_its_end or to_the_end:
        return _to_the_end(context, client, framing)
    size = -1
    while len(client.got) > size and not client.ended:
        size = len(client.got)
        client.receive(QUIET_S, bool, since=size)
    return False


def _to_the_end(context: Context, client: Client, framing: Framing) -> bool:
    """A large body may take longer than an answer may: as long as some of it comes."""

    def whole(got: bytes | bytearray) -> bool:
        return framing.whole(got, client.dropped)

    until = time.monotonic() + LARGE_S
    come = -1
    while not (client.ended or whole(client.got)) and come < len(client.got) + client.dropped:
        if time.monotonic() > until:
            return True
        come = len(client.got) + client.dropped
        client.receive(context.patience_s, whole)
        if not framing.says_its_end:
            break
    return False


def broken(context: Context, cause: str, reply: Reply, rule: str, **values: object) -> Outcome:
    """The outcome of an answer that breaks a rule; `values` fill the cause's sentence."""
    outcome = context.fail(
        "http", sent=reply.sent, got=reply.got, after_s=reply.after_s, rule=rule, why=cause
    )
    return dataclasses.replace(outcome, values=tuple((k, str(v)) for k, v in values.items()))


def unanswered(context: Context, reply: Reply) -> Outcome:
    """The outcome where not even a first line has come."""
    symptom = "reset" if reply.error else "closed" if reply.ended else "no-answer"
    return context.fail(
        symptom,
        sent=reply.sent,
        got=reply.got,
        expected=b"HTTP/1\\..*",
        error=reply.error,
        after_s=reply.after_s,
    )
