"""Six servers as students write them, observed: what goes wrong is seen, with its line."""

import contextlib
import re
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.labservers.run.observed.conftest import (
    DEADLINE_S,
    PROGRAMS,
    Run,
    Server,
    command,
    environment,
    read,
)
from tests.labservers.run.observed.test_lab import connect, free_port
from tests.measured import let_end

pytestmark = pytest.mark.system
Start = Callable[[str], Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start("echo"): a copy of it on a free port, which listens; ended after the test."""
    started: list[Server] = []

    def begin(name: str) -> Server:
        port = free_port()
        text = (PROGRAMS / f"unfamiliar/{name}.py").read_bytes()
        file = tmp_path / f"{name}.py"
        file.write_bytes(re.sub(rb"\b909\d\b", b"%d" % port, text))
        started.append(Server(file, port, tmp_path / "told.jsonl", folder=tmp_path))
        started[-1].until(
            lambda told: any(t.get("event") == "listening" for t in told), "it listens"
        )
        return started[-1]

    yield begin
    for server in started:
        let_end(server.process)
        with contextlib.suppress(ProcessLookupError):
            server.process.kill()
        server.process.communicate(timeout=DEADLINE_S)


def died(run: Run) -> list[tuple[str, str]]:
    return [(crash["exception"], crash["source"]) for crash in run.of("crash")]


def talk(port: int, *pieces: bytes) -> bytes:
    """All that it answers, until it closes."""
    got = b""
    with connect(port) as sock:
        for piece in pieces:
            sock.sendall(piece)
        while part := sock.recv(65_536):
            got += part
    return got


def test_one_client_and_the_end(start: Start) -> None:
    server = start("one_client")
    assert talk(server.port, "привет".encode()) == b"Hello, client"
    run = server.ended()
    assert (run.code, run.of("crash")) == (0, [])
    assert (run.summary["exit_code"], run.summary["connections"]) == (0, 1)


def test_a_thread_that_spins_at_the_end_of_the_stream(start: Start) -> None:
    server = start("echo")
    with connect(server.port) as sock:
        sock.sendall(b"hello")
        assert sock.recv(100) == b"HELLO"

    def spins(told: list[dict[str, Any]]) -> bool:
        ends = [t for t in told if t.get("call") == "recv" and not t["bytes"]]
        return len(ends) > 20 and {t["line"] for t in ends} == {"echo.py:8"}

    server.until(spins, "it spins in recv()")


def test_a_program_that_asks_for_its_port(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "told.jsonl"
    words = command(PROGRAMS / "unfamiliar/ask_port.py", observe=["--quiet", "--json", str(file)])
    with (
        subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        ) as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"\n{port}\n".encode())
        process.stdin.flush()
        asked = "Хост (Enter — localhost): Порт: ".encode()
        assert process.stdout.read(len(asked)) == asked
        client.settimeout(0.1)
        answer = b""
        while not answer:  # what comes before bind() is lost
            client.sendto(b"abc", ("127.0.0.1", port))
            with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                answer = client.recv(100)
        assert answer == b"cba"
        client.sendto(b"\xff", ("127.0.0.1", port))
        assert process.wait(DEADLINE_S) == 1
    [crash] = [one for one in read(file) if one["type"] == "crash"]
    assert (crash["exception"], crash["received"]) == ("UnicodeDecodeError", b"\xff")
    assert crash["source"] == "print(f'{address[0]}: {message.decode()}')"


def test_a_broadcast_that_dies_of_a_member_that_has_left(start: Start) -> None:
    crashes: list[dict[str, Any]] = []

    def two(told: list[dict[str, Any]]) -> bool:
        crashes[:] = [one for one in told if one["type"] == "crash"]
        return len(crashes) == 2

    server = start("chat_room")
    with connect(server.port) as anya:
        assert anya.recv(4) == b"NICK"
        with connect(server.port) as tom:
            anya.sendall(b"anya")
            assert tom.recv(4) == b"NICK"
            tom.sendall(b"tom")
            assert b"tom joined" in tom.recv(100)
            tom.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.until(lambda told: any(t["type"] == "crash" for t in told), "tom's thread dies")
        anya.sendall(b"is anybody there?")
        server.until(two, "anya's thread dies")
    assert [(crash["exception"], crash["source"]) for crash in crashes] == [
        ("ConnectionResetError", "message = client.recv(1024)"),
        ("BrokenPipeError", "client.send(message)"),
    ]


def test_a_math_server_that_one_byte_kills(start: Start) -> None:
    server = start("math_server")
    assert talk(server.port, b"1;3;4") == b"Result: 5.0"
    with connect(server.port) as sock:
        sock.sendall(b"1;3;\xff")
        run = server.ended()
    assert died(run) == [("UnicodeDecodeError", "request = connection.recv(1024).decode()")]
    assert run.of("crash")[0]["received"] == b"1;3;\xff"


def test_a_page_that_counts_characters_as_bytes(start: Start) -> None:
    server = start("web_server")
    head, _, body = talk(server.port, b"GET / HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].split()[0])
    assert length == len(body.decode()) < len(body)
    run = server.end()
    assert (run.summary["bytes_out"], run.of("crash")) == (len(head) + 4 + len(body), [])
