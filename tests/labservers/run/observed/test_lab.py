"""The five classes of the lab, observed: what a client counts is what the tap counts."""

import contextlib
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import AGAIN_S
from tests.labservers.run.observed.conftest import (
    DEADLINE_S,
    PAUSE,
    PROGRAMS,
    command,
    environment,
)
from tests.ports import free_port

pytestmark = pytest.mark.system


def connect(port: int) -> socket.socket:
    until = time.monotonic() + DEADLINE_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 30)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            PAUSE.wait(0.02)


class Client:
    """Asks, and keeps count of what it sent and got."""

    def __init__(self, port: int) -> None:
        self.sent = self.got = self.connections = 0
        self._port = port

    def ask(self, *pieces: bytes, answers: int = 1) -> bytes:
        """Send the pieces on one connection, an answer after each; the server closes after us."""
        self.connections += 1
        got = b""
        with connect(self._port) as sock:
            for piece in pieces:
                sock.sendall(piece)
                self.sent += len(piece)
                got += sock.recv(65_536)
            sock.shutdown(socket.SHUT_WR)
            while rest := sock.recv(65_536):
                got += rest
        self.got += len(got)
        return got


def has_closed(many: int) -> Any:
    return lambda told: sum(one.get("event") == "closed" for one in told) >= many


POST = b"POST / HTTP/1.1\r\n\r\ngrade=5"
TALKS = {
    "legs": [[b'{"a": 3, "b": 4}'], [b'{"a": 5, "b": 12}']],
    "page": [[b"GET /a HTTP/1.1\r\n\r\n"], [b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n"]],
    "grades": [[POST, POST, b"GET / HTTP/1.1\r\n\r\n"], [POST]],
    "chat": [["привет".encode(), b"second"], [b"another"]],
}


@pytest.mark.parametrize("name", TALKS)
def test_a_client_counts_what_the_tap_counts(name: str, serve: Any) -> None:
    answers = []
    for tapped in (False, True):
        port = free_port()
        server, client = serve(f"lab/{name}.py", port, tapped=tapped), Client(port)
        answers.append([client.ask(*pieces) for pieces in TALKS[name]])
        if tapped:
            server.until(has_closed(client.connections), "all closed")
        run = server.end()
    assert answers[0] == answers[1]
    summary = run.summary
    assert (summary["bytes_in"], summary["bytes_out"]) == (client.sent, client.got)
    assert (summary["connections"], summary["signal"]) == (client.connections, "SIGINT")
    points = run.of("point")
    received = b"".join(p.get("data", b"") for p in points if p["call"] == "recv")
    assert sorted(received) == sorted(b"".join(b"".join(pieces) for pieces in TALKS[name]))
    assert run.code == -signal.SIGINT
    assert run.err.startswith(b'Traceback (most recent call last):\n  File "' + bytes(PROGRAMS))


def test_hello(serve: Any) -> None:
    port = free_port()
    server = serve("lab/hello.py", port, tapped=True)
    server.until(lambda told: any(t.get("event") == "bound" for t in told), "bound")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        for _ in range(3):
            client.sendto(b"Hello server", ("127.0.0.1", port))
            assert client.recv(100) == b"Hello client"

    def sent(told: Any) -> Any:
        return sum(one.get("call") == "sendto" for one in told) == 3

    server.until(sent, "three answers")
    run = server.end()
    assert (run.summary["bytes_in"], run.summary["bytes_out"]) == (36, 36)
    assert run.out == b"Hello server\n" * 3


BAD = b"\xff\xfe not UTF-8"
CRASHES = {  # the line that dies, and its source
    "legs": (10, "numbers = json.loads(conn.recv(1024).decode())"),
    "page": (9, "request = conn.recv(4096).decode()"),
    "grades": (14, "request = conn.recv(4096).decode()"),
    "chat": (13, "text = data.decode()"),
}


@pytest.mark.parametrize("name", CRASHES)
def test_the_byte_that_killed_a_server(name: str, serve: Any) -> None:
    port = free_port()
    server = serve(f"lab/{name}.py", port, tapped=True)
    with connect(port) as client:
        client.sendall(BAD)
        server.until(lambda told: any(t["type"] == "crash" for t in told), "a crash")
        if name == "chat":
            server.until(lambda told: any(t.get("event") == "ended" for t in told), "its end")
    run = server.end() if name == "chat" else server.ended()
    (crash,) = run.of("crash")
    line, source = CRASHES[name]
    assert (crash["line"], crash["source"]) == (f"{name}.py:{line}", source)
    assert (crash["exception"], crash["received"]) == ("UnicodeDecodeError", BAD)
    assert crash["thread"] == ("member 1" if name == "chat" else "MainThread")
    if name == "chat":
        assert crash["locals"]["data"] == repr(BAD)
        assert {"died", "ended"} <= {t["event"] for t in run.of("thread")}
    else:
        assert run.summary["exit_code"] == run.code == 1


def test_a_reset_is_told_with_its_line(serve: Any) -> None:
    port = free_port()
    server = serve("lab/chat.py", port, tapped=True)
    with connect(port) as client:
        server.until(lambda told: any(t.get("event") == "accepted" for t in told), "accepted")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.until(lambda told: any(t["type"] == "crash" for t in told), "a crash")
    run = server.end()
    failed = [point for point in run.of("point") if "error" in point]
    assert [(p["call"], p["line"], p["error"]) for p in failed[:1]] == [
        ("recv", "chat.py:12", "ConnectionResetError")
    ]
    assert run.of("crash")[0]["line"] == "chat.py:12"


def test_a_spin_is_counted_exactly_and_told_in_part() -> None:
    from tests.labservers.run.observed.conftest import run

    spun = run(PROGRAMS / "spins.py", tapped=True)
    assert spun.out == b"20000\n"
    assert spun.summary["points"] > 20_000
    assert spun.summary["lost"] == spun.summary["points"] - len(spun.of("point")) > 19_000


def test_what_a_terminal_shows(serve: Any) -> None:
    """Lines of the program's own, in colour; ^C typed at the terminal ends it as ever."""
    port = free_port()
    main, side = pty.openpty()
    words = command(PROGRAMS / "lab/legs.py", str(port), observe=[])
    process = subprocess.Popen(
        words, stdin=side, stdout=side, stderr=side, env=environment(), start_new_session=True,
        preexec_fn=lambda: _control(0),
    )  # fmt: skip
    os.close(side)
    try:
        assert Client(port).ask(b'{"a": 3, "b": 4}') == b"5.0"
        shown = _read_until(main, b"closed")
        os.write(main, b"\x03")
        with contextlib.suppress(subprocess.TimeoutExpired):  # it came just before accept()
            process.wait(AGAIN_S)
        if process.poll() is None:
            os.write(main, b"\x03")
        shown += _read_until(main, b"bytes out, ")
        assert process.wait(DEADLINE_S) == -signal.SIGINT
    finally:
        process.kill()
        process.wait(DEADLINE_S)
        os.close(main)
    text = shown.decode()
    assert "\x1b[36mrecv\x1b[0m() -> 16 bytes" in text
    text = re.sub(r"\x1b\[[0-9]*m", "", text)
    assert re.search(
        r"main  legs\.py:9 <module>  fd 3  accept\(\) -> fd 4 from 127\.0\.0\.1:\d+", text
    )
    assert """main  legs.py:10 <module>  fd 4  recv() -> 16 bytes '{"a": 3, "b": 4}'""" in text
    assert "signal SIGINT, 1 connection, 16 bytes in, 3 bytes out, " in text


def _control(descriptor: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


def _read_until(descriptor: int, end: bytes) -> bytes:
    import select

    shown, until = b"", time.monotonic() + DEADLINE_S
    while end not in shown:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
        assert ready, f"waited in vain for {end!r} after {shown!r}"
        with contextlib.suppress(OSError):
            shown += os.read(descriptor, 65_536)
    return shown


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["nowhere.py"], "cannot open nowhere.py: No such file or directory"),
        (["--json", "/nowhere/x", str(PROGRAMS / "udp.py")], "cannot open /nowhere/x: No such"),
        ([], "the following arguments are required: FILE"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_sentence(words: list[str], error: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "labservers", "observe", *words],
        capture_output=True, text=True, env=environment(), cwd=Path("/"), timeout=DEADLINE_S,
    )  # fmt: skip
    assert done.returncode == 2
    assert error in done.stderr
    assert done.stderr.count("\n") == 1
