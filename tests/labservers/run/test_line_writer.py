"""Whole lines to a descriptor: what is lost where there is no room, and what comes after it."""

import errno
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labservers.checks.patience import strain
from labservers.run import line_writer
from labservers.run.line_writer import PATIENCE_S, LineWriter
from tests.scarcity import full

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Both ends, none of which waits."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    path = tmp_path / "told.jsonl"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    yield descriptor, path
    os.close(descriptor)


def drained(pipe: Pipe) -> bytes:
    data = b""
    try:
        while True:
            data += os.read(pipe[0], 1 << 20)
    except BlockingIOError:
        return data


def test_what_a_full_pipe_does_not_take_is_counted_and_told_once_there_is_room(pipe: Pipe) -> None:
    writer = LineWriter(pipe[1], "the pipe")
    lines = [f"{number:9,}{'.' * 5_000}\n".encode() for number in range(40)]
    began = time.monotonic()
    for line in lines:
        writer.write(line)
    # One line was waited for, and no other.
    assert time.monotonic() - began < 10 * PATIENCE_S * strain()
    assert writer.loss() is None
    taken = drained(pipe)
    kept = len(taken) // 5_010 + 1  # the last one is there in part
    writer.write(b"after it\n")
    again = os.strerror(errno.EAGAIN)
    assert writer.loss() == f"{40 - kept} lines were not written to the pipe: {again}"
    assert writer.loss() is None
    assert taken + drained(pipe) == b"".join(lines[:kept]) + b"after it\n"


def test_a_reader_that_is_only_slow_gets_every_line(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_writer, "PATIENCE_S", 30.0)
    writer, read, over = LineWriter(pipe[1], "the pipe"), bytearray(), threading.Event()

    def reads() -> None:
        while not over.wait(0.001):
            read.extend(drained(pipe))

    reader = threading.Thread(target=reads)
    reader.start()
    lines = [f"{number}{'.' * 900}\n".encode() for number in range(2_000)]
    for line in lines:
        writer.write(line)
    over.set()
    reader.join()
    assert bytes(read) + drained(pipe) == b"".join(lines)
    assert writer.loss(at_end=True) is None


@pytest.mark.parametrize("room", [0, 1, 7, 8, 9, 20])
def test_a_full_disk_costs_whole_lines(room: int, file: tuple[int, Path]) -> None:
    descriptor, path = file
    writer = LineWriter(descriptor, "the file")
    with full(room):
        for number in range(5):
            writer.write(b"line %d.\n" % number)
        assert writer.loss() is None
    writer.write(b"the end\n")
    kept = -(-room // 8)
    words = "1 line was" if kept == 4 else f"{5 - kept} lines were"
    assert writer.loss() == f"{words} not written to the file: {os.strerror(errno.EFBIG)}"
    lines = [b"line %d.\n" % number for number in range(kept)]
    assert path.read_bytes() == b"".join(lines) + b"the end\n"


def test_at_the_end_a_disk_that_is_still_full_is_told(file: tuple[int, Path]) -> None:
    writer = LineWriter(file[0], "the file")
    with full(0):
        writer.write(b"one\n")
        assert writer.loss() is None
        told = writer.loss(at_end=True)
    assert told == f"1 line was not written to the file: {os.strerror(errno.EFBIG)}"


def test_a_child_begins_its_own_line(file: tuple[int, Path]) -> None:
    descriptor, path = file
    writer = LineWriter(descriptor, "the file")
    with full(3):
        writer.write(b"of the parent\n")
        writer.write(b"more of it\n")
    writer.begin_anew()
    writer.write(b"of the child\n")
    assert path.read_bytes() == b"of of the child\n"
    assert writer.loss(at_end=True) is None


@pytest.mark.parametrize(("closed", "number"), [(0, errno.EPIPE), (1, errno.EBADF)])
def test_where_nobody_is_left_it_says_so(closed: int, number: int) -> None:
    ends = os.pipe()
    os.close(ends[closed])
    writer = LineWriter(ends[1], "the pipe")
    with pytest.raises(OSError, match=os.strerror(number)):
        writer.write(b"line\n")
    os.close(ends[1 - closed])
    assert writer.loss() == f"the rest is not written to the pipe: {os.strerror(number)}"
