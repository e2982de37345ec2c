"""The values of a check, without I/O: conversations, evidence, outcomes, findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CHECK_HOST = "127.0.0.3"  # where its clients come from, as far as the system has this address

Task = Literal["hello", "math", "page", "chat", "subjects"]
Level = Literal["must", "should", "hint"]
Ended = Literal["pass", "fail", "not tried"]
Framing = Literal["line", "http", "json", "length", "stream", "recv"]


@dataclass(frozen=True)
class Address:
    """Where a server listens; the host as the kernel writes it."""

    host: str
    port: int
    datagram: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class Turn:
    """What a good client sends, and the answer to it.

    answer: a regular expression that the whole answer matches, over bytes, `.` with line feeds;
    parts that vary, as dates and ports, are `.*?` in it. None: no answer is due.
    """

    send: bytes
    answer: bytes | None = None


@dataclass(frozen=True)
class Talk:
    """A conversation as one good client holds it, from connect to close.

    id: "hello-text", "math-json", "page-get", "chat-rooms", "learned". task: the family that it
    belongs to; None for one that was learned and is of none.
    greeting: a regular expression for what the server says first, unasked; None: nothing.
    ends: which side closes the connection after the last answer. "either": the client may go on.
    answered: whose connection the last answer comes on. "other": a chat, where all turns but the
    last join a room; "{name}" in them is the member's name.
    repeats: whether the last turn may be held again on the same connection. farewell: what a good
    client says before it leaves; no answer is due.
    framed: where a request ends. "line": at its line feed. "http": as RFC 9112 says. "json": where
    its value does. "length": after as many bytes as its first ones, or its format, say. "stream":
    at the end of the stream. "recv": nothing in the bytes says it.
    """

    id: str
    task: Task | None
    turns: tuple[Turn, ...]
    datagram: bool = False
    greeting: bytes | None = None
    ends: Literal["server", "client", "either"] = "either"
    answered: Literal["client", "other"] = "client"
    repeats: bool = False
    farewell: bytes = b""
    framed: Framing = "recv"


@dataclass(frozen=True)
class Moment:
    """One thing that happened in a probe: side is "client", "client 2" or "server"; at_s: seconds
    since the probe began; what: "sends", "receives", "connects", "resets", "waits", "closes",
    "dies"; data: the first bytes of it."""

    at_s: float
    side: str
    what: str
    data: bytes = b""


@dataclass(frozen=True)
class Death:
    """An exception that ended the program or one of its threads, as the tap saw it.

    line: "server.py:24"; source: its text; received: the last bytes that this thread received;
    bad: the offset of the one that could not be decoded.
    """

    thread: str
    main: bool
    exception: str
    message: str
    line: str | None
    source: str | None
    received: bytes = b""
    bad: int | None = None
    swallowed: bool = False
    stack: tuple[tuple[str, str, str | None], ...] = ()


@dataclass(frozen=True)
class Stand:
    """Where a thread of the program stood when a probe failed."""

    thread: str
    line: str | None
    source: str | None
    call: str | None
    waited_s: float | None


@dataclass(frozen=True)
class Evidence:
    """What a probe saw, from outside and, where the program is observed, from inside.

    symptom: one of SYMPTOMS. sent, got: bytes on the probe's own connection; expected: in words of
    the protocol, or the answer's pattern. rule: "RFC 9112, 2.1" where a rule is broken.
    """

    symptom: str
    sent: bytes = b""
    expected: bytes = b""
    got: bytes = b""
    error: str | None = None
    after_s: float | None = None
    rule: str | None = None
    deaths: tuple[Death, ...] = ()
    stands: tuple[Stand, ...] = ()
    timeline: tuple[Moment, ...] = ()
    figures: tuple[tuple[str, float], ...] = ()


SYMPTOMS = {
    "died": "the program ended",
    "thread-died": "a thread of it ended by an exception",
    "no-answer": "the client waits in vain",
    "wrong-answer": "the answer is another one",
    "closed": "the connection is closed before the answer",
    "reset": "the connection is reset",
    "refused": "connections are refused",
    "others-wait": "other clients wait meanwhile",
    "spins": "a thread is at 100 % of a processor",
    "leaks": "something is left open",
    "not-ended": "it does not end",
    "port-taken": "it cannot be started again on its port",
    "not-started": "it does not start or does not listen",
    "http": "a rule of HTTP is broken",
    "lost": "a message is lost, doubled or out of order",
}


@dataclass(frozen=True)
class Outcome:
    """How a probe ended. why: for "not tried" and "fail", a key of texts.json with its values.

    confirmed: it failed a second time with a fresh program, while the same conversation told
    kindly works; only then it becomes a finding.
    """

    probe: str
    outcome: Ended
    why: str = ""
    values: tuple[tuple[str, str], ...] = ()
    evidence: Evidence | None = None
    confirmed: bool = False


@dataclass(frozen=True)
class Finding:
    """A cause, in one language; all its failed probes.

    evidence: sentences about this program; line: "server.py:24"; proof: of the first probe.
    """

    id: str
    level: Level
    title: str
    line: str | None
    source: str | None
    evidence: str
    why: str
    next_step: str
    probes: tuple[str, ...]
    proof: Evidence


@dataclass(frozen=True)
class ProgramFacts:
    """What findings need of a program besides its outcomes.

    sources: its file and the modules of its own that lie beside it, name ("server.py") and text;
    empty where it is judged by its address. observed: the tap was in it, and called: lines of
    calls that it saw.
    """

    file: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    task: Task | None = None
    talk: str | None = None
    observed: bool = False
    address: Address | None = None
    called: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """The whole judgement. verdict: "mend" where a finding must be mended. reason: why it cannot
    be run, or not to its end: a key of texts.json with its values, or a sentence. task and talk may
    have been guessed. conversation: what the probes held; None where none was found."""

    program: str
    task: Task | None
    talk: str | None
    guessed: bool
    verdict: Literal["pass", "mend", "cannot run"]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    reason: str = ""
    reason_values: tuple[tuple[str, str], ...] = ()
    took_s: float = 0.0
    facts: ProgramFacts | None = None
    conversation: Talk | None = None
