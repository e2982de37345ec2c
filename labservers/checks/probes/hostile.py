"""Clients that send what nobody expects, and clients that leave when nobody expects it.

Each is followed by a good conversation with a new client: that the server survived means that
somebody was served.
"""

from __future__ import annotations

import time

from labservers.checks.client import Client, never
from labservers.checks.context import Context, Probe, many, many_streams
from labservers.checks.holding import take_leave
from labservers.checks.probes.busy import spinning
from labservers.checks.values import Outcome, Talk

BAD = b"\xff\xfe"  # never in UTF-8
ANSWER_S = 0.15  # for an answer to nonsense, which need not come
TOLD_S = 0.15  # the tap tells of a death within it
ACCEPT_S = 0.05  # for a server to accept a client that is about to leave
NONSENSE = (b"abc\n", b"-1 x %s\n", b"\n".join([b"1e999"] * 4) + b"\n")
NONSENSE_JSON = (b'{"abc": "xyz"}\n', b"[]\n", b"7\n", b"{\n")
NONSENSE_HTTP = (b"abc\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
                 b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n")  # fmt: skip


# Bytes that are not expected.


def not_utf8(context: Context) -> Outcome:
    """A request with bytes that are not text; any answer, or none, is fine."""
    return _survives(context, [spoilt(context.talk)])


def empty(context: Context) -> Outcome:
    """A request that is an empty line."""
    return _survives(context, [b"\r\n\r\n" if context.talk.framed == "http" else b"\n"])


def nonsense(context: Context) -> Outcome:
    """Requests that are text, and mean nothing."""
    if context.talk.framed == "http":
        return _survives(context, NONSENSE_HTTP)
    if context.talk.turns[-1].send[:1] in (b"{", b"["):
        return _survives(context, NONSENSE_JSON)
    in_chat = context.talk.answered == "other"  # any text is a message there
    return _survives(context, NONSENSE[:1] if in_chat else NONSENSE)


def spoilt(talk: Talk) -> bytes:
    """The last request of a talk, with bytes in it that are not UTF-8."""
    send = talk.turns[-1].send
    at = send.find(b"/") if talk.framed == "http" else 0
    while at < len(send) - 1 and not (talk.framed == "http" or send[at : at + 1].isalnum()):
        at += 1
    return send[: at + 1] + BAD + send[at + 1 :]


def _survives(context: Context, requests: list[bytes] | tuple[bytes, ...]) -> Outcome:
    """One client after the other sends one of them, and leaves: whether others are served while it
    stays is a question of its own."""
    for request in requests:
        client = context.member(0)
        since = len(client.got)
        client.send(request)
        in_chat = context.talk.answered == "other"
        answer = b""
        if in_chat:
            context.rest([client], ANSWER_S)
        else:
            answer = client.receive(ANSWER_S, since=since)
        forgotten = (in_chat or not answer) and _forgotten(context, client)
        if forgotten:
            return context.fail("no-answer", sent=request, after_s=context.patience_s)
        take_leave(context.talk, client)
        client.close()
        outcome = _serves(context, request)
        if outcome is not None:
            return outcome
    return context.passed()


def _forgotten(context: Context, client: Client) -> bool:
    """Whether it waits for a thread that has died."""
    if client.ended or not context.thread_died(TOLD_S):
        return False
    client.waits()
    client.receive(context.patience_s, never)
    return not client.ended


# Clients that leave.


def connect_close(context: Context) -> Outcome:
    """Connect and leave at once; and after joining, where one joins."""
    context.connected().close()
    outcome = _serves(context, b"")
    if outcome is None and context.talk.answered == "other":
        context.member(0).close()
        outcome = _serves(context, b"")
    return _quiet(context) or outcome or context.passed()  # one that spins serves others late


def reset(context: Context) -> Outcome:
    """Leave by RST: having said nothing, and in the middle of a request."""
    for begun in (b"", context.talk.turns[-1].send[:1]):
        client = context.member(0) if context.talk.answered == "other" else context.connected()
        if begun:
            client.send(begun)
        time.sleep(ACCEPT_S)
        client.reset()
        outcome = _serves(context, begun)
        if outcome is not None:
            return outcome
    return context.passed()


def gone_while_sending(context: Context) -> Outcome:
    """Ask, and be gone before the answer: by RST, and by FIN with the answer unread."""
    for leave in (Client.reset, Client.close_by_fin):
        client = context.member(0)
        request = context.talk.turns[-1].send
        client.send(request)
        leave(client)
        time.sleep(ACCEPT_S)
        outcome = _serves(context, request)
        if outcome is not None:
            return outcome
    return context.passed()


def _serves(context: Context, sent: bytes) -> Outcome | None:
    """None: a new client is served."""
    held = context.good()
    if held.good:
        return None
    return context.fail(
        "others-wait" if held.result in ("no-answer", "refused") else held.result,
        sent=sent,
        got=held.got,
        expected=held.expected,
        error=held.error,
        after_s=held.after_s,
    )


def _quiet(context: Context) -> Outcome | None:
    """None: nobody works on for a client that has left. What fifty clients leave need not be asked
    where one leaves a thread that spins."""
    cpu = spinning(context)
    if cpu is None:
        return None
    context.memory["spins"] = context.second
    figures = (("cpu", cpu), ("cpu_before", context.cpu_before))
    return context.fail("spins", figures=figures)


PROBES = (
    Probe("not-utf8", many, not_utf8),
    Probe("empty", many_streams, empty),
    Probe("nonsense", many, nonsense),
)
LEAVING = (
    Probe("connect-close", many_streams, connect_close, rough=True),
    Probe("reset", many_streams, reset, rough=True),
    Probe("gone-while-sending", many_streams, gone_while_sending, rough=True),
)
