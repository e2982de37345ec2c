"""The console clients of the chat, as a user runs them."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest


def client(
    name: str, port: int, typed: str, language: str = "C"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "labservers", "client", name, "--port", str(port)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=20,
        env={"LC_ALL": language, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


@pytest.mark.system
def test_the_sender_is_heard_and_leaves_with_exit_or_end_of_input(
    serve: Callable[..., Any], connect: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    server = serve("chat")
    listener = connect(server.address)
    listener.sendall(b"7\n")
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "the listener is in")
    for typed in ("7\nhello\nexit\n", "7\nhello\n"):
        done = client("chat-sender", server.address[1], typed)
        assert (done.returncode, done.stderr) == (0, "")
        assert listener.recv(100) == b"hello\n"
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "the senders left")


@pytest.mark.system
@pytest.mark.parametrize(
    ("language", "words"),
    [("C", "New message: hi"), ("ru_RU.UTF-8", "Получено новое сообщение: hi")],
)
def test_the_reader_prints_and_says_in_one_sentence_that_the_server_vanished(
    serve: Callable[..., Any], eventually: Callable[..., Any], language: str, words: str
) -> None:
    server = serve("chat")
    process = subprocess.Popen(
        [sys.executable, "-m", "labservers", "client", "chat-reader"]
        + ["--port", str(server.address[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"LC_ALL": language, "PYTHONIOENCODING": "utf-8"},
    )
    with process:
        assert process.stdin
        process.stdin.write("7\n")
        process.stdin.flush()
        eventually(lambda: server.rooms.sizes() == {"7": 1}, "the reader is in")
        [member] = server.rooms._members["7"].values()
        server._publish(member, ["hi"])
        eventually(lambda: member.connection.bytes_out == 3, "sent")
        server.stop()
        out, err = process.communicate(timeout=10)
    assert words in out
    assert process.returncode == 1
    assert len(err.strip().splitlines()) == 1


@pytest.mark.system
def test_without_a_server_there_is_one_sentence() -> None:
    done = client("chat-sender", 1, "7\n")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
