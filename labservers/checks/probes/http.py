"""By RFC 9110 and RFC 9112, judged with the bytes at hand: one request each, and its answer."""

from __future__ import annotations

import re
import uuid

from labservers.checks.context import Context, Probe
from labservers.checks.diagnosis.sentences import shown
from labservers.checks.http_answer import broken_field, line_with_lf_alone, runs_into_body
from labservers.checks.probes.http_asking import (
    PAUSE_S,
    Reply,
    ask,
    broken,
    exchange,
    path_of,
    unanswered,
)
from labservers.checks.values import Outcome

UNKNOWN_METHOD = "BREW"  # RFC 2324; not one that a server may have
NOT_A_REQUEST = b"nonsense\r\n\r\n"
HEADER = 2200  # bytes: what a browser sends with its cookies, and more than two recv(1024)
PASSWD = re.compile(r"^root:[^:\n]*:0:0:", re.MULTILINE)
ESCAPES = (
    "/../../../../../../../../../../etc/passwd",
    "//etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
)


def http(context: Context) -> str | None:
    return None if context.talk.framed == "http" else "not-http"


def version_line(context: Context) -> Outcome:
    """Status line and header lines, RFC 9112 sections 4 and 5."""
    reply = ask(context, path_of(context))
    answer = reply.answer
    if not reply.got:
        return unanswered(context, reply)
    if answer.status is None:
        rule = "RFC 9112, section 4"
        return broken(context, "http-status-line", reply, rule, got=shown(answer.first))
    line = broken_field(answer)
    if line is not None and not runs_into_body(answer):
        return broken(context, "http-bad-header", reply, "RFC 9112, section 5", got=shown(line))
    return context.passed()


def line_ends(context: Context) -> Outcome:
    """RFC 9112 sections 2.1 and 2.2."""
    reply = ask(context, path_of(context))
    answer = reply.answer
    if answer.status is None:
        return context.passed() if reply.got else unanswered(context, reply)
    if runs_into_body(answer):
        last = shown((answer.first, *answer.lines)[-1])
        return broken(context, "http-no-empty-line", reply, "RFC 9112, section 2.1", got=last)
    line = line_with_lf_alone(answer)
    if line is not None:
        return broken(context, "http-lf-lines", reply, "RFC 9112, section 2.2", got=shown(line))
    return context.passed()


def length(context: Context) -> Outcome:
    """The end of the body, RFC 9112 section 6.3 and RFC 9110 section 8.6."""
    reply = ask(context, path_of(context), linger_s=PAUSE_S, to_the_end=True)
    answer = reply.answer
    if not answer.ended or answer.bodiless:
        return context.passed() if reply.got else unanswered(context, reply)
    if answer.field("content-length") is not None:
        return _length_said(context, reply)
    if answer.chunked or reply.ended:
        return context.passed()
    waited = f"{context.patience_s:.1f}"
    return broken(context, "http-no-length", reply, "RFC 9112, section 6.3", s=waited)


def _length_said(context: Context, reply: Reply) -> Outcome:
    answer = reply.answer
    body, said = answer.body, answer.field("content-length")
    size = len(body) + reply.dropped
    if answer.length == size:
        return context.passed()
    if reply.cut:
        return context.not_tried("too-large")
    rule = "RFC 9110, section 8.6"
    characters = len(body.decode("utf-8", "replace"))
    if answer.length == characters and not reply.dropped:
        values = {"said": said, "characters": characters, "bytes": size}
        return broken(context, "http-length-characters", reply, rule, **values)
    return broken(context, "http-length-wrong", reply, rule, said=said, bytes=size)


def charset(context: Context) -> Outcome:
    """RFC 9110 section 8.3; HTML, "determining the character encoding"."""
    reply = ask(context, path_of(context))
    answer = reply.answer
    kind = (answer.field("content-type") or "").lower()
    if answer.content.isascii() or (kind and not kind.startswith("text/")):
        return context.not_tried("no-text")
    begin = answer.content[:1024].lower()
    if "charset=" in kind or b"charset" in begin or begin.startswith((b"\xef\xbb\xbf", b"<?xml")):
        return context.passed()
    said = shown(kind.encode())
    return broken(context, "http-no-charset", reply, "RFC 9110, section 8.3", got=said)


def reads_all(context: Context) -> Outcome:
    """A request as long as a browser's: closing with unread bytes resets, RFC 9112 section 9.6."""
    cookie = f"Cookie: {'session=0123456789abcdef; ' * (HEADER // 26)}end=1"
    reply = ask(context, path_of(context), lines=(cookie,), linger_s=context.patience_s)
    if reply.error is not None:
        count = len(reply.got)
        return broken(context, "http-closed-unread", reply, "RFC 9112, section 9.6", n=count)
    return context.passed() if reply.got else unanswered(context, reply)


def missing(context: Context) -> Outcome:
    """RFC 9110 section 15.5.5."""
    path = f"/there-is-no-{uuid.uuid4().hex[:8]}"
    reply = ask(context, path)
    if reply.fine:
        values = {"path": path, "status": reply.status}
        return broken(context, "http-missing-is-200", reply, "RFC 9110, section 15.5.5", **values)
    return context.passed() if reply.got else unanswered(context, reply)


def unknown_method(context: Context) -> Outcome:
    """RFC 9110 sections 9.1 and 15.5.6."""
    reply = ask(context, path_of(context), UNKNOWN_METHOD)
    if reply.fine:
        values = {"method": UNKNOWN_METHOD, "status": reply.status}
        return broken(context, "http-any-method", reply, "RFC 9110, section 15.5.6", **values)
    return context.passed() if reply.got else unanswered(context, reply)


def head_only(context: Context) -> Outcome:
    """RFC 9110 section 9.3.2. An answer that refuses HEAD may have an explanation."""
    reply = ask(context, path_of(context), "HEAD", linger_s=PAUSE_S)
    body = reply.answer.body
    if reply.fine and body:
        count = len(body)
        return broken(context, "http-head-body", reply, "RFC 9110, section 9.3.2", n=count)
    return context.passed() if reply.got else unanswered(context, reply)


def bad_request(context: Context) -> Outcome:
    """RFC 9112 section 3: answered with 400, or closed; to wait for more is a client's loss."""
    reply = exchange(context, NOT_A_REQUEST)
    if reply.fine:
        values = {"sent": shown(NOT_A_REQUEST), "status": reply.status}
        return broken(
            context, "http-bad-request-is-200", reply, "RFC 9110, section 15.5.1", **values
        )
    return context.must_be_good(context.good())


def favicon(context: Context) -> Outcome:
    """What every browser asks for, unasked; any answer is fine, none is not."""
    ask(context, path_of(context))
    reply = ask(context, "/favicon.ico")
    if not reply.got:
        return unanswered(context, reply)
    return context.must_be_good(context.good())


def paths(context: Context) -> Outcome:
    """RFC 3986 section 5.2.4; CWE-22, path traversal."""
    for path in ESCAPES:
        reply = ask(context, path)
        if PASSWD.search(reply.answer.text):
            return broken(context, "http-path-escape", reply, "CWE-22", path=path)
    return context.must_be_good(context.good())


PROBES = (
    Probe("http-version-line", http, version_line),
    Probe("http-line-ends", http, line_ends),
    Probe("http-length", http, length),
    Probe("http-charset", http, charset),
    Probe("http-read", http, reads_all),
    Probe("http-404", http, missing),
    Probe("http-405", http, unknown_method),
    Probe("http-head", http, head_only),
    Probe("http-400", http, bad_request),
    Probe("http-favicon", http, favicon),
    Probe("http-paths", http, paths),
)
