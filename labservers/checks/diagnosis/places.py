"""The line of a cause that the tap did not see: where the source does what the cause is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from labservers.checks.diagnosis.code import Code, Place
from labservers.checks.diagnosis.match import Match

RECEIVES = ("recv", "readline", "recv_into", "read")
SENDS = ("send", "sendall", "write")

PLACES: dict[str, Callable[[Code], Iterable[Place]]] = {
    "recv-taken-for-message": lambda code: code.calls(*RECEIVES),
    "request-cut": lambda code: code.calls("readline", "recv", "read"),
    "json-of-half-request": lambda code: code.calls("loads", "load"),
    "decode-half-letter": lambda code: code.calls("decode"),
    "decode-not-text": lambda code: code.calls("decode"),
    "empty-read-ends": lambda code: code.calls(*RECEIVES),
    "empty-read-spins": lambda code: code.calls(*RECEIVES),
    "half-close-unanswered": lambda code: code.calls(*RECEIVES),
    "one-at-a-time": lambda code: code.calls(*RECEIVES),
    "one-at-a-time-limited": lambda code: code.calls(*RECEIVES),
    "loop-blocked": lambda code: code.calls("readline", "read", "recv"),
    "ends-after-one": lambda code: code.calls("accept", "recvfrom"),
    "deaf-stops-all": lambda code: code.calls("sendall", "send", "write"),
    "gone-ends": lambda code: code.calls(*SENDS),
    "broadcast-to-gone": lambda code: code.broadcasts(),
    "changed-while-sending": lambda code: code.loops_that_change() or code.broadcasts(),
    "lock-only-where-written": lambda code: code.unguarded_broadcasts(),
    "chat-message-lost": lambda code: code.broadcasts(),
    "chat-order-differs": lambda code: code.broadcasts(),
    "chat-rooms-mixed": lambda code: code.broadcasts(),
    "crowd-lost": lambda code: code.calls("listen"),
    "select-1024": lambda code: code.calls("select"),
    "busy-loop": lambda code: code.calls("setblocking", "settimeout", "select", "recv"),
    "partial-send": lambda code: code.calls("send"),
    "descriptors-leak": lambda code: code.calls("accept"),
    "not-closed": lambda code: code.calls("accept"),
    "makefile-text": lambda code: code.text_files_both_ways(),
    "makefile-open": lambda code: code.open_files() or code.calls("makefile"),
    "threads-leak": lambda code: code.calls("Thread", "start_new_thread"),
    "ctrl-c-ignored": lambda code: code.takes_interrupts() or code.bare_excepts(),
    "ctrl-c-threads": lambda code: code.calls("Thread", "start_new_thread"),
    "no-reuseaddr": lambda code: code.calls("bind", "create_server"),
    "port-below-1024": lambda code: code.calls("bind", "create_server"),
    "address-not-here": lambda code: code.calls("bind", "create_server"),
    "file-from-one-folder": lambda code: code.calls("open", "read_text", "read_bytes"),
    "udp-cut": lambda code: code.calls("recvfrom", "recv"),
    "udp-empty-ends": lambda code: code.calls("recvfrom"),
    "udp-wrong-sender": lambda code: code.calls("sendto"),
    "http-status-line": lambda code: code.texts(r"HTTP|\b200\b"),
    "http-lf-lines": lambda code: code.texts(r"HTTP/1.*[^\r]\n") or code.texts(r"HTTP/1"),
    "http-no-empty-line": lambda code: code.texts(r"(?i)Content-(Type|Length)|HTTP/1"),
    "http-no-length": lambda code: code.texts(r"HTTP/1"),
    "http-length-characters": lambda code: code.texts(r"(?i)Content-Length"),
    "http-length-wrong": lambda code: code.texts(r"(?i)Content-Length"),
    "http-no-charset": lambda code: code.texts(r"(?i)Content-Type|HTTP/1"),
    "http-missing-is-200": lambda code: code.texts(r"\b200\b"),
    "http-any-method": lambda code: code.texts(r"\b200\b"),
    "http-head-body": lambda code: code.texts(r"\b200\b"),
    "http-bad-request-is-200": lambda code: code.texts(r"\b200\b"),
    "http-path-escape": lambda code: code.calls("open", "read_text", "read_bytes"),
    "http-body-lost": lambda code: code.calls("recv"),
    "http-form-not-decoded": lambda code: code.texts(r"^[&=]$"),
    "http-raw-html": lambda code: code.texts(r"<(li|td|p|tr|div|h\d)\b"),
    "http-closed-unread": lambda code: code.calls("recv", "close"),
}


# Causes that are about a call on a socket: one that was seen counts more than one in the source.
OF_CALLS = frozenset(
    {"recv-taken-for-message", "request-cut", "empty-read-ends", "empty-read-spins"}
    | {"half-close-unanswered", "one-at-a-time", "one-at-a-time-limited", "loop-blocked"}
    | {"ends-after-one", "deaf-stops-all", "gone-ends", "partial-send", "descriptors-leak"}
    | {"not-closed", "udp-cut", "udp-empty-ends", "udp-wrong-sender", "http-body-lost"}
)


def located(match: Match, code: Code, called: Collection[str] = ()) -> Match:
    """The match with its line, where one can be named. called: lines of calls that were seen."""
    if match.line is not None or match.cause not in PLACES:
        return match
    places = list(PLACES[match.cause](code))
    seen = [one for one in places if match.cause in OF_CALLS and one.line in called]
    place = next(iter(seen or places), None)
    return match if place is None else match._replace(line=place.line, source=place.source)
