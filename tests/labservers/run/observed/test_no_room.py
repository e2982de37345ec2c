"""A terminal that is full for a while, and a disk that is full: what is told of it, and after."""

import contextlib
import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.labservers.run.observed.conftest import DEADLINE_S, command, environment

pytestmark = pytest.mark.system
linux = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full and prlimit(2) are Linux's")
Eventually = Callable[..., Any]
PROGRAM = """
import socket
one, other = socket.socketpair()
for line in iter(input, ""):
    for number in range(int(line)):
        one.send(b"%040d" % number)
        other.recv(40)
    print("done", flush=True)
"""
MANY = 700  # rounds; a line for each call is more than a pipe holds


class Running:
    """The program, observed; `errors`: our end of its standard error, which does not wait."""

    def __init__(self, file: Path, *flags: str, limit: int | None = None) -> None:
        file.write_text(PROGRAM)
        self.errors, theirs = os.pipe()
        for end in (self.errors, theirs):
            os.set_blocking(end, False)
        self.process = subprocess.Popen(
            command(file, observe=list(flags)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=theirs, env=environment(), preexec_fn=limit and (lambda: limited(limit)),
        )  # fmt: skip
        os.close(theirs)
        self.said = ""

    def do(self, rounds: int) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"%d\n" % rounds)
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"done\n"

    def read(self) -> str:
        """All that it has said so far."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.errors, 1 << 16):
                self.said += data.decode()
        return self.said

    def ended(self) -> list[str]:
        self.process.communicate(b"\n", timeout=DEADLINE_S)
        assert self.process.returncode == 0
        return self.read().splitlines()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self.errors)


def limited(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def observe(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """observe(...): a Running; all are ended."""
    made: list[Running] = []

    def start(*flags: str, limit: int | None = None) -> Running:
        made.append(Running(tmp_path / "calls.py", *flags, limit=limit))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_a_terminal_that_was_full_for_a_while_gets_what_comes_after(
    observe: Any, eventually: Eventually, tmp_path: Path
) -> None:
    told = tmp_path / "told.jsonl"
    running = observe("--json", str(told))
    running.do(MANY)
    last = f'"n": {2 * MANY + 1}, '
    eventually(lambda: last in told.read_text(), "all of it is told elsewhere")
    assert "not written" not in running.read()
    running.do(1)
    lost = f"lines were not written to standard error: {os.strerror(errno.EAGAIN)}"
    eventually(lambda: lost in running.read(), "what was lost is said")
    running.do(1)
    eventually(lambda: "0'" in running.read().rstrip().splitlines()[-1], "it goes on")
    end = running.ended()
    assert "  exit code 0, " in end[-1]
    assert sum("not written" in line for line in end) == 1
    (number,) = [line.split()[2] for line in end if "not written" in line]
    printed = sum("calls.py" in line and "()" in line for line in end)
    calls = [
        one for one in map(json.loads, told.read_text().splitlines()) if one["type"] == "point"
    ]
    assert printed + int(number.replace(",", "")) == len(calls)


@linux
def test_a_disk_without_room_is_said_at_the_end(observe: Any) -> None:
    running = observe("--json", "/dev/full")
    running.do(3)
    *_, summary, said = running.ended()
    assert "lines were not written to /dev/full: " + os.strerror(errno.ENOSPC) in said
    assert "  exit code 0, " in summary


@linux
def test_a_disk_that_has_room_again_takes_whole_lines(
    observe: Any, eventually: Eventually, tmp_path: Path
) -> None:
    told = tmp_path / "told.jsonl"
    running = observe("--quiet", "--json", str(told), limit=2_000)
    running.do(50)
    eventually(lambda: told.stat().st_size == 2_000, "it is full")
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (-1, -1))
    running.do(2)
    assert running.ended() == []
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    (notice,) = [one for one in lines if one["type"] == "notice"]
    assert f"lines were not written to {told}: " in notice["text"]
    assert lines[-1]["type"] == "summary"
    assert lines[-1]["points"] > sum(one["type"] == "point" for one in lines) > 4


def test_a_terminal_whose_reader_is_gone_costs_nothing(observe: Any, tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    running = observe("--json", str(told))
    running.do(1)
    os.close(running.errors)
    running.errors = os.open(os.devnull, os.O_RDONLY)
    running.do(5)
    assert running.ended() == []
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    notices = [one["text"] for one in lines if one["type"] == "notice"]
    assert notices == [f"the rest is not written to standard error: {os.strerror(errno.EPIPE)}"]
    assert lines[-1]["type"] == "summary"
