"""The cause of an exception that ended the program or one of its threads."""

from __future__ import annotations

import re

from labservers.checks.diagnosis.code import Code
from labservers.checks.diagnosis.match import DELIVERIES, LEAVERS, Match
from labservers.checks.values import Death, Outcome, ProgramFacts

GONE = frozenset({"ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError"})
NO_SOCKET = re.compile(r"Bad file descriptor|negative integer|not connected|fileno", re.IGNORECASE)
CHANGED = re.compile(r"changed (size )?during iteration|mutated during iteration")
SENDING = re.compile(r"\.(send|sendall|sendto|write|flush)\(")
NO_ADDRESS = re.compile(r"assign requested address|Name or service|not known|getaddrinfo")


def relevant(deaths: tuple[Death, ...], probe: str = "", symptom: str = "") -> Death | None:
    """The one that counts: of the program before one of a thread, the first of its kind. Those
    that the program has caught, and ^C, are none; nor is a thread whose own client has gone, nor
    what was left open of one that died so. Where a letter was cut in two, the one that could not
    decode it."""
    ended = [one for one in deaths if not one.swallowed and one.exception != "KeyboardInterrupt"]
    main = [one for one in ended if one.main]
    told = symptom != "leaks"
    others = [one for one in ended if one.exception not in GONE or (told and sends(one))]
    halves = [one for one in ended if probe in DELIVERIES and _is_half(one)]
    return next(iter(halves or main or others), None)


def sends(death: Death) -> bool:
    """Whether it happened while sending."""
    return SENDING.search(death.source or "") is not None


def by_death(death: Death, outcome: Outcome, facts: ProgramFacts, code: Code) -> Match:
    cause = (
        _by_kind(death, outcome.probe, facts, code)
        or _by_probe(death, outcome.probe)
        or ("nonsense-ends" if death.main else "thread-dies")
    )
    return Match(cause, death.line, death.source, death=death)


def _by_kind(death: Death, probe: str, facts: ProgramFacts, code: Code) -> str | None:
    """Exceptions that say by themselves what is the matter."""
    kind, message = death.exception, death.message
    if kind == "UnicodeDecodeError":
        return _undecodable(death, probe)
    if kind == "RuntimeError" and CHANGED.search(message):
        return "changed-while-sending"
    if "out of range in select" in message:
        return "select-1024"
    if "Too many open files" in message:
        return "descriptors-leak"
    if probe == "starts":
        return _at_start(death)
    if kind == "TimeoutError":
        return "timeout-ends"
    if _is_gone(death):
        return _gone(death, facts, code)
    if kind == "BlockingIOError" and sends(death):
        return "partial-send"
    return None


def _undecodable(death: Death, probe: str) -> str:
    if probe == "udp-large":
        return "udp-cut"
    return "decode-half-letter" if probe in DELIVERIES and _is_half(death) else "decode-not-text"


def _is_half(death: Death) -> bool:
    """Whether it got the first bytes of a letter, or the last ones."""
    half = "unexpected end of data" in death.message or "invalid start byte" in death.message
    return death.exception == "UnicodeDecodeError" and half


def _at_start(death: Death) -> str:
    if death.exception == "PermissionError" and "bind" in (death.source or "bind"):
        return "port-below-1024"
    if death.exception == "gaierror" or NO_ADDRESS.search(death.message):
        return "address-not-here"
    return "ends-at-start"


def _is_gone(death: Death) -> bool:
    """Whether it was about a peer that is gone, or a socket that is closed."""
    closed = death.exception in ("OSError", "ValueError") and NO_SOCKET.search(death.message)
    return death.exception in GONE or bool(closed)


def _gone(death: Death, facts: ProgramFacts, code: Code) -> str:
    """A failed send in a loop that tells all members is one to another member. In a chat it is so
    in a thread of a member as well, and where no such loop is found in the source."""
    if not sends(death):
        return "gone-ends"
    lines = (death.line, *(line for line, _, _ in death.stack))
    other = facts.task == "chat" and not (death.main and code.broadcasts())
    return "broadcast-to-gone" if other or code.in_broadcast(lines) else "gone-ends"


def _by_probe(death: Death, probe: str) -> str | None:
    """Any other exception: what was done tells what it was not written for."""
    if probe in DELIVERIES:
        json = death.exception == "JSONDecodeError"
        return "json-of-half-request" if json else "recv-taken-for-message"
    if probe == "folder" and death.exception in ("FileNotFoundError", "NotADirectoryError"):
        return "file-from-one-folder"
    silent = ("connect-close", "half-close", "closes", "silent")
    if probe in silent or (probe in LEAVERS and not death.bad):
        return "empty-read-ends"
    return {
        "answers": "good-request-ends",
        "answers-again": "good-request-ends",
        "http-post": "good-request-ends",
        "chat-all": "good-request-ends",
        "http-post-split": "http-body-lost",
        "udp-empty": "udp-empty-ends",
    }.get(probe)
