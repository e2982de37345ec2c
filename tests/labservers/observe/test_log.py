"""The human log: bounded, never in anybody's way, and safe on a terminal."""

import io
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from labservers.observe.log import CAPACITY, SAMPLED_PER_S, Log

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
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
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
    assert time.monotonic() - began < 10
    written.go_on.set()
    log.close(10)
    found = written.getvalue().splitlines()
    lost = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) log lines? w", "\n".join(found))]
    kept = [line for line in found if "lost" not in line]
    assert len(kept) + sum(lost) == 4 * CAPACITY
    assert len(kept) >= CAPACITY


def test_sampled_lines_keep_a_budget_and_the_others_are_counted(
    eventually: Callable[..., Any],
) -> None:
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
    eventually(lambda: "more like these" in written.getvalue(), "the second is over")
    found = lines_of(log, written)
    assert sum("of many" in line for line in found) == SAMPLED_PER_S
    assert found[-1].endswith(f"and {505 - SAMPLED_PER_S} more like these, not written one by one")


class Full(io.StringIO):
    """A stream that somebody has made non-blocking, and that has no room at first."""

    refused = False

    def write(self, text: str) -> int:
        if not self.refused:
            self.refused = True
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return super().write(text)


def test_a_stream_without_room_costs_those_lines_alone(eventually: Callable[..., Any]) -> None:
    log = Log("test", written := Full())
    log.info("first")
    eventually(lambda: written.refused, "it has tried")
    log.info("next")
    first, second = lines_of(log, written)
    assert first.endswith("test: next")
    assert second.endswith("1 log line was lost")


class Gone(io.StringIO):
    """A terminal that has been closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_stream_that_is_gone_ends_the_writer_and_nothing_else() -> None:
    log = Log("test", Gone())
    for _ in range(2 * CAPACITY):
        log.info("nobody reads this")
    log.close(5)
