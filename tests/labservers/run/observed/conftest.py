"""Programs as a shell starts them, with and without the tap."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ended_by
from tests.measured import let_end

ROOT = Path(__file__).resolve().parents[4]
PROGRAMS = ROOT / "tests/programs"
DEADLINE_S = 30
PAUSE = threading.Event()  # never set: a look again is a moment later


class Run(NamedTuple):
    """What was seen from outside. `told`: the messages, where it was observed."""

    out: bytes
    err: bytes
    code: int
    told: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.told if one["type"] == kind]

    @property
    def summary(self) -> dict[str, Any]:
        return self.of("summary")[-1]


def command(
    file: Path, *words: str, observe: list[str] | None = None, python: str = ""
) -> list[str]:
    start = [python or sys.executable]
    if observe is not None:
        start += ["-m", "labservers", "observe", *observe]
    return [*start, str(file), *words]


def environment() -> dict[str, str]:
    """Nothing is written beside the programs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def read(path: Path) -> list[dict[str, Any]]:
    messages = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for one in messages:
        if one.get("data"):
            one["data"] = base64.b64decode(one["data"])
        if one.get("received"):
            one["received"] = base64.b64decode(one["received"])
    return messages


def run(file: Path, *words: str, stdin: bytes = b"", tapped: bool, python: str = "") -> Run:
    """Run a program to its end, from its own folder."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.jsonl"
        observe = ["--quiet", "--json", str(told)] if tapped else None
        done = subprocess.run(
            command(file, *words, observe=observe, python=python),
            input=stdin,
            capture_output=True,
            cwd=file.parent,
            env=environment(),
            timeout=DEADLINE_S,
        )
        return Run(done.stdout, done.stderr, done.returncode, read(told) if tapped else [])


class Server:
    """A program that serves until it is ended."""

    def __init__(
        self, file: Path, port: int, told: Path | None, *flags: str, folder: Path | None = None
    ) -> None:
        self.port = port
        self._told = told
        observe = None if told is None else [*flags, "--quiet", "--json", str(told)]
        self.process = subprocess.Popen(
            command(file, str(port), observe=observe),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )

    def end(self, number: int = signal.SIGINT) -> Run:
        """What it did; ^C where it still runs."""
        if self.process.poll() is None:
            return self._run(*ended_by(self.process, number))
        return self.ended()

    def ended(self) -> Run:
        return self._run(*self.process.communicate(timeout=DEADLINE_S))

    def _run(self, out: bytes, err: bytes) -> Run:
        told = read(self._told) if self._told else []
        return Run(out, err, self.process.returncode, told)

    def told(self) -> list[dict[str, Any]]:
        return read(self._told) if self._told else []

    def until(self, condition: Any, what: str) -> None:
        """Wait until the condition holds of what was told so far."""
        until = time.monotonic() + DEADLINE_S
        while time.monotonic() < until:
            if self._told and self._told.exists():
                with contextlib.suppress(ValueError):  # half a line
                    if condition(read(self._told)):
                        return
            PAUSE.wait(0.02)
        raise AssertionError(f"waited in vain: {what}")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    """serve(name, port, tapped): a Server; all are ended."""
    servers: list[Server] = []

    def start(name: str, port: int, *flags: str, tapped: bool) -> Server:
        told = tmp_path / f"told{len(servers)}.jsonl" if tapped else None
        server = Server(PROGRAMS / name, port, told, *flags)
        servers.append(server)
        return server

    yield start
    for server in servers:
        let_end(server.process)
        if server.process.poll() is None:
            server.process.kill()
        for pipe in (server.process.stdout, server.process.stderr):
            if pipe is not None:
                pipe.close()
        server.process.wait(DEADLINE_S)
