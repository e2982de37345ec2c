"""The console clients as processes: their input, their output, their end."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ended_by
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
ENGLISH = {"LC_ALL": "C.UTF-8"}


def command(name: str, *words: str, language: dict[str, str] = ENGLISH) -> dict[str, Any]:
    kept = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG")}
    return {
        "args": [sys.executable, "-m", "labservers", "client", name, *words],
        "cwd": ROOT,
        "env": {**kept, **language, "PYTHONIOENCODING": "utf-8"},
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }


def client(
    name: str, address: tuple[str, int], typed: str | bytes = "", **options: Any
) -> tuple[int, str, str]:
    """Exit code, output and complaints of a client with this input."""
    words = ("--host", address[0], "--port", str(address[1]))
    given = typed if isinstance(typed, bytes) else typed.encode()
    done = subprocess.run(
        **command(name, *options.pop("words", ()), *words, **options), input=given, timeout=60
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture(name="client")
def client_fixture() -> Callable[..., tuple[int, str, str]]:
    return client


@pytest.fixture(name="command")
def command_fixture() -> Callable[..., dict[str, Any]]:
    return command


@pytest.fixture
def nobody() -> tuple[str, int]:
    """An address without a listener."""
    return "127.0.0.1", free_port()


@pytest.fixture
def other() -> Iterator[Callable[..., tuple[str, int]]]:
    """other(*pieces): the address of a server of another kind, which says that to each client and
    closes; the last piece again and again with endless=True."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def talk(listener: socket.socket, pieces: tuple[bytes, ...], endless: bool) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock = listener.accept()[0]
                with sock, contextlib.suppress(OSError):
                    sock.settimeout(30)
                    sock.recv(1000)
                    for piece in pieces:
                        sock.sendall(piece)
                    while endless:
                        sock.sendall(pieces[-1])

    def start(*pieces: bytes, endless: bool = False) -> tuple[str, int]:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threads.append(threading.Thread(target=talk, args=(listener, pieces, endless)))
        threads[-1].start()
        host, port = listener.getsockname()
        return host, port

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(30)


class Typing:
    """A client at a terminal, typed to line by line; ended after the test."""

    def __init__(self, name: str, address: tuple[str, int], language: dict[str, str]) -> None:
        words = ("--host", address[0], "--port", str(address[1]))
        self.process = subprocess.Popen(
            **command(name, *words, language=language), stdin=subprocess.PIPE
        )
        self._deadline = threading.Timer(60, self.process.kill)  # a read has a deadline
        self._deadline.start()

    def type(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def reads(self, expected: str) -> None:
        """Its output goes on with this."""
        assert self.process.stdout
        wanted = expected.encode()
        assert self.process.stdout.read(len(wanted)) == wanted

    def end(self) -> tuple[int, str]:
        """Exit code and complaints."""
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err.decode()

    def interrupt(self) -> tuple[int, str]:
        """As end(), by ^C."""
        _, err = ended_by(self.process)
        return self.process.returncode, err.decode()

    def close(self) -> None:
        self._deadline.cancel()
        self.process.kill()
        self.process.communicate(timeout=30)
        self._deadline.join()


@pytest.fixture
def typing(serve: Callable[..., Any]) -> Iterator[Callable[..., Typing]]:
    started: list[Typing] = []

    def start(name: str, address: tuple[str, int], language: dict[str, str] = ENGLISH) -> Typing:
        started.append(Typing(name, address, language))
        return started[-1]

    yield start
    for one in started:
        one.close()
