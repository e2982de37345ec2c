"""The transcript of a program's terminal, and its readers."""

import codecs
import itertools
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

HALF = 128 * 1024  # characters of the beginning that are kept, and of the end
ENTRY = 64  # characters that an entry counts for besides its text


class Entry(NamedTuple):
    """number: counts from 1 for the life of the dashboard. begin: characters before it."""

    number: int
    begin: int
    size: int
    said: dict[str, Any]


class Console:
    """Bounded: the middle of a long transcript is dropped, and counted where it is read.

    The lock guards all of it. A process begins with an empty transcript; it is kept after its end.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._changed = threading.Condition()
        self._head: list[Entry] = []
        self._tail: deque[Entry] = deque()
        self._head_size = self._tail_size = 0
        self._number = self._characters = 0
        self._echo = Echo()
        self._decoder = _decoder()

    def begin(self) -> None:
        with self._changed:
            self._head, self._tail = [], deque()
            self._head_size = self._tail_size = self._characters = 0
            self._echo, self._decoder = Echo(), _decoder()
            self._add({"state": {"state": "started"}})

    def end(self, exit_code: int | None, signal: str | None) -> None:
        with self._changed:
            self._add_text(self._decoder.decode(b"", final=True))
            ended = {"state": "ended", "exit_code": exit_code, "signal": signal}
            self._add({"state": ended})

    def print(self, data: bytes) -> str:
        """Add output of the terminal; returns it as text."""
        with self._changed:
            text = self._decoder.decode(data)
            self._add_text(text)
            return text

    def typed(self, text: str) -> None:
        """Before it is typed: its echo will be known by it."""
        with self._changed:
            self._echo.expect(text)

    def following(self, number: int, timeout_s: float) -> tuple[int, list[dict[str, Any]]]:
        """The number of the newest entry, and those after `number` as a tab gets them; none
        when none come in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > number, timeout_s)
            head = [entry for entry in self._head if entry.number > number]
            tail = [entry for entry in self._tail if entry.number > number]
            said = [entry.said for entry in head]
            missing = self._missing(number)
            if missing:
                said.append({"skipped": missing})
            return self._number, _joined([*said, *(entry.said for entry in tail)])

    def _missing(self, number: int) -> int:
        """Characters between the head and the tail that a reader of `number` entries has missed.
        It is exact where the reader has read the head alone."""
        if not self._tail or not self._head or number >= self._tail[0].number - 1:
            return 0
        last = self._head[-1]
        return self._tail[0].begin - (last.begin + last.size)

    def _add_text(self, text: str) -> None:
        for tone, part in self._echo.parts(text):
            self._add({"output": part, "tone": tone})

    def _add(self, said: dict[str, Any]) -> None:
        size = len(said.get("output", ""))
        self._number += 1
        entry = Entry(self._number, self._characters, size, _dated(said, self._wall()))
        self._characters += size
        if not self._tail and self._head_size + size <= HALF:
            self._head.append(entry)
            self._head_size += size + ENTRY
        else:
            self._tail.append(entry)
            self._tail_size += size + ENTRY
            while self._tail_size > HALF and len(self._tail) > 1:
                self._tail_size -= self._tail.popleft().size + ENTRY
        self._changed.notify_all()


class Echo:
    """Finds the echo of typed text in the output of a terminal (ECHO in termios(3)).

    It serves the colours of a transcript alone: a program that prints the same is not told apart.
    """

    PATIENCE = 3  # prints after which an echo is not waited for: a password has none

    def __init__(self) -> None:
        self._expected = ""
        self._patience = 0

    def expect(self, text: str) -> None:
        shown = "".join(_echoed(character) for character in text)
        self._expected = (self._expected + shown)[-4096:]
        self._patience = self.PATIENCE

    def parts(self, text: str) -> list[tuple[str, str]]:
        """The text as (tone, part): `input` for an echo, `program` for the rest."""
        if not self._expected:
            return [("program", text)] if text else []
        begin, end = self._found(text)
        if begin == end:
            self._patience -= 1
            if self._patience <= 0:
                self._expected = ""
        self._expected = self._expected[end - begin :]
        parts = [("program", text[:begin]), ("input", text[begin:end]), ("program", text[end:])]
        return [(tone, part) for tone, part in parts if part]

    def _found(self, text: str) -> tuple[int, int]:
        """Where the echo stands, or its beginning at the end of the text."""
        whole = text.find(self._expected)
        if whole >= 0:
            return whole, whole + len(self._expected)
        line = self._expected.partition("\n")[0] + "\n"  # other lines are echoed later
        first = text.find(line) if line in self._expected else -1
        if first >= 0:
            return first, first + len(line)
        for length in range(min(len(text), len(self._expected)), 0, -1):
            if text.endswith(self._expected[:length]):
                return len(text) - length, len(text)
        return len(text), len(text)


def _echoed(character: str) -> str:
    """A character as a terminal echoes it (ECHOCTL in termios(3))."""
    if character in "\r\n":
        return "\r\n"
    if character == "\x04":
        return ""
    if character < " " and character != "\t":
        return "^" + chr(ord(character) + 64)
    return character


def _joined(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours of one tone become one; the first one's time stands."""
    joined: list[dict[str, Any]] = []
    for tone, group in itertools.groupby(said, key=lambda one: one.get("tone")):
        together = list(group)
        if tone is not None:
            text = "".join(one["output"] for one in together)
            together = [{**together[0], "output": text}]
        joined += together
    return joined


def _dated(said: dict[str, Any], at: float) -> dict[str, Any]:
    if "state" in said:
        return {"state": {**said["state"], "at": at}}
    return {**said, "at": at}


def _decoder() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")("replace")
