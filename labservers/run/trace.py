"""What an observed program does, a line a point, as strace(1) prints system calls."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

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

    def __init__(self, write: Callable[[str], None], *, colour: bool) -> None:
        self._write = write
        self._colour = colour
        self._pid = os.getpid()

    @classmethod
    def on_standard_error(cls) -> Printer:
        colour = os.isatty(2) and not os.environ.get("NO_COLOR")
        return cls(lambda text: _write_all(text.encode("utf-8", "replace")), colour=colour)

    def print(self, told: dict[str, Any]) -> None:
        """Print a message; some are of no interest to a reader of lines."""
        texts = {
            "point": self._point,
            "socket": self._socket,
            "thread": self._thread,
            "crash": self._crash,
            "summary": self._summary,
            "program": self._program,
            "threads": self._threads,
            "tasks": self._tasks,
        }
        text = texts[told["type"]](told) if told["type"] in texts else told.get("text")
        if text:
            child = "" if os.getpid() == self._pid else f"[{os.getpid()}]  "
            self._write(f"{self._in(DIM, _clock(told['at']))}  {child}{text}\n")

    def _point(self, told: dict[str, Any]) -> str:
        line = f"{told['line']} {told['function']}" if told["line"] else "-"
        outcome = self._in(RED, told["error"]) if "error" in told else self._outcome(told)
        waited = told["waited_us"]
        parts = [
            _thread_name(told["thread"]),
            self._in(BLUE, line),
            f"fd {told['fd']}",
            f"{self._in(CYAN, told['call'])}(){' -> ' if outcome else ''}{outcome}",
        ]
        if waited >= WAITED_US:
            parts.append(self._in(DIM, f"waited {_duration(waited)}"))
        return "  ".join(parts)

    def _outcome(self, told: dict[str, Any]) -> str:
        words = []
        if told["bytes"] or told["call"].startswith("recv"):
            words.append(_bytes(told["bytes"]))
        if "data" in told:
            words.append(self._in(GREEN, _excerpt(told["data"], told["bytes"])))
        if "result" in told:
            words.append(_printable(told["result"]))
        return " ".join(words)

    def _socket(self, told: dict[str, Any]) -> str | None:
        """Most of a socket's life is seen by its calls; a close is not one of them."""
        if told["event"] != "closed":
            return None
        return self._in(DIM, f"fd {told['fd']}  closed{_whose(told)}")

    def _thread(self, told: dict[str, Any]) -> str | None:
        if told["event"] == "died":
            return None  # the crash says it
        line = f"  {told['line']}" if told["line"] else ""
        return self._in(DIM, f"{_printable(told['name'])}  thread {told['event']}{line}")

    def _crash(self, told: dict[str, Any]) -> str:
        text = f"{told['exception']}: {_printable(told['message'])}"
        lines = [self._in(RED, f"{_thread_name(told['thread'])}  {told['line'] or '-'}  {text}")]
        if told["source"]:
            lines.append(f"    {_printable(told['source'])}")
        lines += [f"    {name} = {_printable(value)}" for name, value in told["locals"].items()]
        if told["received"]:
            lines.append(f"    received last: {_excerpt(told['received'], len(told['received']))}")
        return "\n".join(lines)

    def _program(self, told: dict[str, Any]) -> str:
        words = " ".join([told["file"], *told["arguments"]])
        return self._in(DIM, _printable(f"{words}  Python {told['python']}, process {told['pid']}"))

    def _threads(self, told: dict[str, Any]) -> str:
        return "\n".join(["where all stand:", *(self._standing(row) for row in told["threads"])])

    def _standing(self, row: dict[str, Any]) -> str:
        line = f"{row['line']} {row['function']}" if row["line"] else "-"
        waits = f"  {row['call']}() {row['for']}  {row['waited_s']:.1f} s" if row["call"] else ""
        return f"    {_thread_name(row['name'])}  {self._in(BLUE, line)}{_printable(waits)}"

    def _tasks(self, told: dict[str, Any]) -> str | None:
        """How many are suspended at each line."""
        lines = Counter(f"{row['line']} {row['function']}" for row in told["tasks"])
        rows = [f"    {number:,} suspended at {line}" for line, number in lines.items()]
        return "\n".join(["tasks:", *rows]) if rows else None

    def _summary(self, told: dict[str, Any]) -> str:
        ending = (
            f"signal {told['signal']}" if "signal" in told else f"exit code {told['exit_code']}"
        )
        parts = [
            ending,
            _count(told["connections"], "connection"),
            f"{_bytes(told['bytes_in'])} in",
            f"{_bytes(told['bytes_out'])} out",
            _count(told["points"], "call"),
        ]
        if told["lost"]:
            parts.append(f"{told['lost']:,} not shown")
        if told["sockets_left_open"]:
            parts.append(f"{_count(told['sockets_left_open'], 'socket')} left open")
        if told["threads_left"]:
            parts.append(f"{_count(told['threads_left'], 'thread')} left running")
        return ", ".join(parts)

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if self._colour else text


def _write_all(data: bytes) -> None:
    while data:
        data = data[os.write(2, data) :]


def _clock(at: float) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at % 1 * 1000):03d}"


def _thread_name(name: str) -> str:
    return "main" if name == "MainThread" else _printable(name)


def _whose(told: dict[str, Any]) -> str:
    ends = [told["local"] or "", told["peer"] or ""]
    return f"  {ends[0]}{' - ' if ends[1] else ''}{ends[1]}" if any(ends) else ""


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


def _printable(text: str) -> str:
    """Foreign text does not steer the terminal."""
    return "".join(c if c.isprintable() else "·" for c in text)
