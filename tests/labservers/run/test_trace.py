"""What is printed of an observed program: a line a call, as strace(1) prints system calls."""

import base64
import types
import typing
from typing import Any

import pytest

from labservers.observe import messages, observed
from labservers.run.trace import Printer


def printed(*told: Any, colour: bool = False) -> list[str]:
    """Without the time of day that each begins with."""
    written: list[str] = []
    printer = Printer(written.append, colour=colour, child=False)
    for one in told:
        printer.print(one)
    return [text.removesuffix("\n").partition("  ")[2] for text in written]


def point(call: str, data: bytes | None = None, **others: Any) -> observed.Point:
    kept = None if data is None else base64.b64encode(data[:48]).decode()
    made = observed.Point(
        1, 0.0, "MainThread", "server.py:24", "serve", 1, 5, call, 200, len(data or b""), kept
    )
    return made._replace(**others)


def test_a_call_has_its_line_its_descriptor_and_its_bytes() -> None:
    assert printed(
        point("recv", b"Hello server"),
        point("recv", b""),
        point("send", b"a" * 60),
        point("recv", error="ConnectionResetError"),
        point("accept", result="from 127.0.0.1:9", waited_us=2_000),
        point("sleep", thread="Thread-1", line=None, fd=None, waited_us=1_500_000),
    ) == [
        "main  server.py:24 serve  fd 5  recv() -> 12 bytes 'Hello server'",
        "main  server.py:24 serve  fd 5  recv() -> 0 bytes ''",
        "main  server.py:24 serve  fd 5  send() -> 60 bytes '" + "a" * 48 + "'...",
        "main  server.py:24 serve  fd 5  recv() -> ConnectionResetError",
        "main  server.py:24 serve  fd 5  accept() -> from 127.0.0.1:9  waited 2 ms",
        "Thread-1  -  sleep()  waited 1.5 s",
    ]


def test_of_a_socket_its_close_is_printed_and_of_a_thread_all_but_its_death() -> None:
    closed = observed.SocketEvent(
        0.0, 1, 5, "AF_INET", "stream", "closed", "127.0.0.1:1", "127.0.0.1:2", None
    )
    begun = observed.ThreadEvent(0.0, "Thread-1", "began", "server.py:9")
    assert printed(
        observed.SocketEvents(0.0, [closed._replace(event="created"), closed]),
        observed.ThreadEvents(0.0, [begun, begun._replace(event="died")]),
    ) == [
        "fd 5  closed  127.0.0.1:1 - 127.0.0.1:2",
        "Thread-1  thread began  server.py:9",
    ]


def test_a_crash_has_its_line_its_variables_and_what_was_received_last() -> None:
    crash = observed.Crash(
        0.0, "Thread-1", False, "UnicodeDecodeError", "invalid start byte", "server.py:5",
        "text = data.decode()", [], {"data": "b'\\xff'"}, base64.b64encode(b"\xff").decode(),
        peer="127.0.0.1:9", swallowed=True,
    )  # fmt: skip
    (text,) = printed(crash)
    assert text.splitlines() == [
        "Thread-1  server.py:5  UnicodeDecodeError: invalid start byte  (caught by its caller)",
        "    text = data.decode()",
        "    data = b'\\xff'",
        "    received last from 127.0.0.1:9: '\\xff'",
    ]


def test_where_all_stand_is_a_line_a_thread_and_a_line_for_many_tasks() -> None:
    reads = observed.ThreadRow(
        1, "MainThread", False, "server.py:24", "serve", "recv", 2.0, waits_for="127.0.0.1:9"
    )
    computes = observed.ThreadRow(2, "Thread-1", True, None, None)
    tasks = observed.TaskRow("loop.py:3", "client", 1200, "generator", None, [])
    (text,) = printed(observed.Threads(0.0, 2, [reads, computes], [], [tasks], 1200))
    assert text.splitlines() == [
        "where all stand:",
        "    main  server.py:24 serve  recv() 127.0.0.1:9  2.0 s",
        "    Thread-1  -",
        "    1,200 suspended at loop.py:3 client",
    ]


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        (
            observed.Summary(0.0, 0, None, 1, 12, 1, 3, 0, 0, 0),
            "exit code 0, 1 connection, 12 bytes in, 1 byte out, 3 calls",
        ),
        (
            observed.Summary(0.0, None, "SIGINT", 2, 0, 0, 1, 4000, 1, 2),
            "signal SIGINT, 2 connections, 0 bytes in, 0 bytes out, 1 call, 4,000 not shown, "
            "1 socket left open, 2 threads left running",
        ),
    ],
)
def test_the_end_is_one_line(summary: observed.Summary, text: str) -> None:
    assert printed(summary) == [text]


def test_foreign_text_does_not_steer_the_terminal_and_colours_are_ours() -> None:
    hostile = messages.Notice(0.0, "test", "\x1b[2J")
    assert "\x1b" not in "".join(printed(hostile, point("accept", result="\x1b[2J")))
    (text,) = printed(point("recv", b"\x1b[2J", line="\x1b.py:1"), colour=True)
    assert "\x1b[34m·.py:1 serve\x1b[0m" in text
    assert "\x1b[36mrecv\x1b[0m() -> 4 bytes \x1b[32m'\\x1b[2J'\x1b[0m" in text


FOREIGN = "\x1b]0;title\x07\r\n\u202e\x9b31m\udc80"
KINDS = [
    observed.Program, observed.SocketEvent, observed.SocketEvents, observed.Point, observed.Points,
    observed.ThreadEvent, observed.ThreadEvents, observed.Threads, observed.Crash,
    observed.Deadlock, observed.Summary, messages.Notice,
]  # fmt: skip


def of_foreign_text(hint: Any) -> Any:
    """A value of that type, all of whose texts are foreign."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return of_foreign_text(next(one for one in inner if one is not type(None)))
    if origin is list:
        return [of_foreign_text(inner[0])] * 2
    if origin is dict:
        return {FOREIGN: FOREIGN}
    if hint is str:
        return FOREIGN
    if hasattr(hint, "_fields"):
        return made_of_foreign_text(hint)
    return hint(1)


def made_of_foreign_text(kind: Any, **known: Any) -> Any:
    hints = typing.get_type_hints(kind)
    return kind(**{name: known.get(name) or of_foreign_text(hints[name]) for name in hints})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("error", [FOREIGN, None])
def test_no_text_of_any_message_steers_the_terminal(kind: Any, error: str | None) -> None:
    data = base64.b64encode(FOREIGN.encode("utf-8", "replace")).decode()
    event = made_of_foreign_text(observed.SocketEvent, event="closed")
    known = {"data": data, "received": data, "events": [event], "event": "closed"}
    if kind is observed.Points:
        known["points"] = [made_of_foreign_text(observed.Point, data=data)] * 2
    if kind is observed.ThreadEvents:
        del known["events"]
    made = made_of_foreign_text(kind, **known)
    if error is None and "error" in kind._fields:
        made = made._replace(error=None)
    texts = printed(made)
    assert texts
    for text in texts:
        assert [one for one in text if not one.isprintable() and one != "\n"] == []
        assert "\n" not in text.replace("\n    ", "")  # what follows is ours, and set in
