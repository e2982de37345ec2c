"""The calls of an observed program, a line a point, as strace(1) prints system calls."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from typing import Any

from labservers.observe import messages, observed
from labservers.observe.text import printable
from labservers.run.json_lines import BATCHES

SHOWN = 48  # bytes of a call that are printed
WAITED_US = 1000  # shorter waits are not worth a word

RESET, DIM, RED, BLUE, CYAN, GREEN = (
    "\033[0m",
    "\033[2m",
    "\033[31m",
    "\033[34m",
    "\033[36m",
    "\033[32m",
)


class Printer:
    """Prints messages to a descriptor, in colour where it is a terminal."""

    def __init__(self, write: Callable[[str], None], *, colour: bool, child: bool) -> None:
        self._write = write
        self._colour = colour
        self._pid = 0 if child else os.getpid()

    @classmethod
    def on_standard_error(cls, write: Callable[[bytes], None], *, child: bool) -> Printer:
        """write() has a descriptor of its own: the program may close 2, which is then a socket of
        its own."""
        colour = os.isatty(2) and not os.environ.get("NO_COLOR")
        return cls(lambda text: write(text.encode("utf-8", "replace")), colour=colour, child=child)

    def print(self, message: Any) -> None:
        """Print a message; some are of no interest to a reader of lines."""
        for one in message[1] if isinstance(message, BATCHES) else [message]:
            text = self._text(one)
            if text:
                child = "" if os.getpid() == self._pid else f"[{os.getpid()}]  "
                self._write(f"{self._in(DIM, _clock(one.at))}  {child}{text}\n")

    def _text(self, one: Any) -> str | None:
        texts: dict[type[Any], Callable[[Any], str | None]] = {
            observed.Point: self._point,
            observed.SocketEvent: self._socket,
            observed.ThreadEvent: self._thread,
            observed.Crash: self._crash,
            observed.Summary: self._summary,
            observed.Program: self._program,
            observed.Threads: self._threads,
            messages.Notice: lambda notice: f"observe: {notice.text}",
            observed.Deadlock: lambda deadlock: self._in(RED, deadlock.text),
        }
        text = texts.get(type(one))
        return text(_printable(one)) if text is not None else None

    def _point(self, point: observed.Point) -> str:
        line = f"{point.line} {point.function}" if point.line else "-"
        outcome = self._outcome(point)
        parts = [_thread_name(point.thread), self._in(BLUE, line)]
        if point.fd is not None:
            parts.append(f"fd {point.fd}")
        parts.append(f"{self._in(CYAN, point.call)}(){' -> ' if outcome else ''}{outcome}")
        if point.waited_us >= WAITED_US:
            parts.append(self._in(DIM, f"waited {_duration(point.waited_us)}"))
        return "  ".join(parts)

    def _outcome(self, point: observed.Point) -> str:
        words = [self._in(RED, point.error)] if point.error is not None else []
        if not words and (point.bytes or point.call.startswith("recv")):
            words.append(_bytes(point.bytes))
        if point.data is not None:
            words.append(self._in(GREEN, _excerpt(base64.b64decode(point.data), point.bytes)))
        if point.result is not None:
            words.append(point.result)
        return " ".join(words)

    def _socket(self, event: observed.SocketEvent) -> str | None:
        """Most of a socket's life is seen by its calls; a close is not one of them."""
        if event.event != "closed":
            return None
        ends = " - ".join(end for end in (event.local, event.peer) if end)
        return self._in(DIM, f"fd {event.fd}  closed{'  ' if ends else ''}{ends}")

    def _thread(self, event: observed.ThreadEvent) -> str | None:
        if event.event == "died":
            return None  # the crash says it
        line = f"  {event.line}" if event.line else ""
        return self._in(DIM, f"{event.name}  thread {event.event}{line}")

    def _crash(self, crash: observed.Crash) -> str:
        text = f"{crash.exception}: {crash.message}"
        caught = "  (caught by its caller)" if crash.swallowed else ""
        head = f"{_thread_name(crash.thread)}  {crash.line or '-'}  {text}{caught}"
        lines = [self._in(RED, head)]
        if crash.source:
            lines.append(f"    {crash.source}")
        lines += [f"    {name} = {value}" for name, value in crash.locals.items()]
        if crash.received:
            data = base64.b64decode(crash.received)
            peer = f" from {crash.peer}" if crash.peer else ""
            lines.append(f"    received last{peer}: {_excerpt(data, len(data))}")
        return "\n".join(lines)

    def _program(self, program: observed.Program) -> str:
        words = " ".join([program.file, *program.arguments])
        text = f"{words}  Python {program.python}, process {program.pid}"
        return self._in(DIM, text)

    def _threads(self, told: observed.Threads) -> str:
        """Where each thread stands, and how many tasks are suspended at each line."""
        rows = [self._standing(row) for row in told.threads]
        tasks = [f"    {t.suspended:,} suspended at {t.line} {t.function}" for t in told.tasks]
        return "\n".join(["where all stand:", *rows, *tasks])

    def _standing(self, row: observed.ThreadRow) -> str:
        line = f"{row.line} {row.function}" if row.line else "-"
        least = ">= " if row.at_least else ""
        waited = "" if row.waited_s is None else f"  {least}{row.waited_s:.1f} s"
        waits = f"  {row.call}() {row.waits_for or ''}{waited}" if row.call else ""
        return f"    {_thread_name(row.name)}  {self._in(BLUE, line)}{waits}"

    def _summary(self, summary: observed.Summary) -> str:
        ending = f"signal {summary.signal}" if summary.signal else f"exit code {summary.exit_code}"
        parts = [
            ending,
            _count(summary.connections, "connection"),
            f"{_bytes(summary.bytes_in)} in",
            f"{_bytes(summary.bytes_out)} out",
            _count(summary.points, "call"),
        ]
        if summary.lost:
            parts.append(f"{summary.lost:,} not shown")
        if summary.sockets_left_open:
            parts.append(f"{_count(summary.sockets_left_open, 'socket')} left open")
        if summary.threads_left:
            parts.append(f"{_count(summary.threads_left, 'thread')} left running")
        return ", ".join(parts)

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if self._colour else text


def _printable(value: Any) -> Any:
    """A message, or a part of one, all of whose texts are safe on a terminal."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable(one) for one in value]
    if isinstance(value, dict):
        return {_printable(name): _printable(one) for name, one in value.items()}
    return type(value)(*map(_printable, value)) if isinstance(value, tuple) else value


def _clock(at: float) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at % 1 * 1000):03d}"


def _thread_name(name: str) -> str:
    return "main" if name == "MainThread" else name


def _duration(microseconds: int) -> str:
    if microseconds < 1_000_000:
        return f"{microseconds / 1000:.0f} ms"
    return f"{microseconds / 1e6:.1f} s"


def _bytes(count: int) -> str:
    return _count(count, "byte")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _excerpt(data: bytes, size: int) -> str:
    """The first bytes as Python writes them, without its b."""
    return repr(data[:SHOWN])[1:] + ("..." if size > SHOWN else "")
