"""The human log: bounded, never in anybody's way, and safe on a terminal."""

import errno
import io
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from labservers.checks.patience import strain
from labservers.observe import log as log_module
from labservers.observe.log import CAPACITY, LATE_S, SAMPLED_PER_S, Log

LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (INFO|WARNING|ERROR) test: ")


def lines_of(log: Log, written: io.StringIO) -> list[str]:
    log.close()
    return written.getvalue().splitlines()


def test_a_line_has_its_time_level_and_server() -> None:
    log = Log("test", written := io.StringIO())
    log.info("one")
    log.warning("two")
    log.error("three\nand more")
    found = lines_of(log, written)
    assert [LINE.sub("", line) for line in found] == ["one", "two", "three", "  and more"]
    assert all(LINE.match(line) for line in found[:3])


def test_foreign_text_does_not_steer_the_terminal() -> None:
    log = Log("test", written := io.StringIO())
    log.info("\x1b[2J\x9b31m\r\u202eбуква\x00")
    assert lines_of(log, written)[0].endswith("test: ·[2J·31m··буква·")


def test_a_failure_is_one_entry_with_its_traceback() -> None:
    log = Log("test", written := io.StringIO())
    try:
        raise ValueError("the reason")
    except ValueError as error:
        log.failure("while it served", error)
    found = lines_of(log, written)
    assert found[0].endswith("ERROR test: while it served:")
    assert found[-1] == "  ValueError: the reason"
    assert all(line.startswith("  ") for line in found[1:])


class Held(io.StringIO):
    """A terminal held with ^S: writing waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.begun.set()
        self.go_on.wait(20)
        return super().write(text)


def test_a_stream_that_is_held_costs_lines_which_are_counted_exactly() -> None:
    log = Log("test", written := Held())
    began = time.monotonic()

    def speak() -> None:
        for number in range(CAPACITY):
            log.info(f"line {number}")

    speakers = [threading.Thread(target=speak) for _ in range(4)]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    assert time.monotonic() - began < 10 * strain()
    written.go_on.set()
    log.close(10)
    found = written.getvalue().splitlines()
    lost = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) log lines? w", "\n".join(found))]
    kept = [line for line in found if "lost" not in line]
    assert len(kept) + sum(lost) == 4 * CAPACITY
    assert len(kept) >= CAPACITY


class Clock:
    """The module `time`, whose monotonic() stands still."""

    now = 100.0
    strftime, localtime, time = time.strftime, time.localtime, time.time

    def monotonic(self) -> float:
        return self.now


def test_sampled_lines_keep_a_budget_and_the_others_are_counted(
    eventually: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(log_module, "time", clock)
    log = Log("test", written := io.StringIO())

    def speak() -> None:
        for number in range(100):
            log.sampled("%s of many", number)
        log.mute()

    speakers = [threading.Thread(target=speak) for _ in range(5)]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    assert log.budget == 0
    clock.now += 1.0
    eventually(lambda: "more like these" in written.getvalue(), "the second is over")
    found = lines_of(log, written)
    assert sum("of many" in line for line in found) == SAMPLED_PER_S
    assert found[-1].endswith(f"and {505 - SAMPLED_PER_S} more like these, not written one by one")


class Full(io.StringIO):
    """A stream that takes nothing at first."""

    def __init__(self, why: Exception) -> None:
        super().__init__()
        self.refused = False
        self._why = why

    def write(self, text: str) -> int:
        if not self.refused:
            self.refused = True
            raise self._why
        return super().write(text)


@pytest.mark.parametrize(
    "why",
    [
        BlockingIOError(errno.EAGAIN, "somebody has made it non-blocking"),
        OSError(errno.ENOSPC, "no space left"),
        OSError(errno.EFBIG, "as large as it may be"),
        UnicodeEncodeError("ascii", "\xe9", 0, 1, "not in this stream"),
    ],
)
def test_a_stream_without_room_costs_those_lines_alone(
    why: Exception, eventually: Callable[..., Any]
) -> None:
    log = Log("test", written := Full(why))
    log.info("first")
    eventually(lambda: written.refused, "it has tried")
    log.info("next")
    first, second = lines_of(log, written)
    assert first.endswith("test: next")
    assert second.endswith("1 log line was lost")


class Gone(io.StringIO):
    """A terminal that has been closed, or whatever reads a pipe."""

    def __init__(self, why: Exception) -> None:
        super().__init__()
        self.asked = 0
        self._why = why

    def write(self, text: str) -> int:
        self.asked += 1
        raise self._why


@pytest.mark.parametrize(
    "why",
    [
        OSError(errno.EIO, "closed"),
        BrokenPipeError(errno.EPIPE, "nobody reads"),
        OSError(errno.EBADF, "not a descriptor"),
        ValueError("I/O operation on closed file"),
    ],
)
def test_a_stream_that_is_gone_ends_the_writer_and_nothing_else(
    why: Exception, eventually: Callable[..., Any]
) -> None:
    log = Log("test", written := Gone(why))
    log.info("the first")
    eventually(lambda: written.asked, "it has tried")
    for _ in range(2 * CAPACITY):
        log.info("nobody reads this")
    log.close(5)
    assert written.asked == 1


def test_a_writer_that_is_late_has_longer_than_a_write_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine the last line of a server is written nevertheless."""
    processor = threading.Event()

    def late(text: str, **kept: str) -> str:
        processor.wait(30)
        return text

    monkeypatch.setattr(log_module, "printable", late)
    log = Log("test", written := io.StringIO())
    log.info("goodbye")
    given = threading.Timer(0.3, processor.set)
    given.start()
    log.close(0.01)
    said = written.getvalue()
    given.join()
    assert said.endswith("goodbye\n")


def test_a_write_that_hangs_is_given_up_when_its_time_is_over() -> None:
    log = Log("test", held := Held())
    log.info("nobody reads this")
    assert held.begun.wait(30)
    began = time.monotonic()
    log.close(0.2)
    assert 0.2 <= time.monotonic() - began < LATE_S
    held.go_on.set()
    log.close()
    assert "nobody reads this" in held.getvalue()
