"""The chat's clients: in and out of a room, and a server that vanishes."""

import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.system
ENGLISH, RUSSIAN = {"LC_ALL": "C.UTF-8"}, {"LANG": "ru_RU.UTF-8"}
LANGUAGES = pytest.mark.parametrize("language", [ENGLISH, RUSSIAN], ids=["en", "ru"])


@LANGUAGES
def test_chat_between_a_sender_and_a_reader(
    serve: Callable[..., Any],
    typing: Callable[..., Any],
    eventually: Callable[..., Any],
    language: dict[str, str],
) -> None:
    server = serve("chat")
    russian = language is RUSSIAN
    question = "Идентификатор чата " if russian else "Chat id "
    heading = "Получено новое сообщение: " if russian else "New message: "
    reader, sender = (
        typing(name, server.address, language) for name in ("chat-reader", "chat-sender")
    )
    reader.type("я\n")
    reader.reads(question)
    eventually(lambda: server.rooms.sizes() == {"я": 1}, "the reader is in")
    sender.type("ab\nя\nпривет\n\n\x1b[31mred\n")
    reader.reads(heading + "привет\n" + heading + "·[31mred\n")
    sender.type("exit\n")
    code, err = sender.end()
    assert (code, len(err.splitlines())) == (0, 1)  # that an id is one character
    assert reader.interrupt() == (0, "")
    eventually(lambda: server.rooms.sizes() == {}, "both have left")


@pytest.mark.parametrize("typed", ["7\nhello\nexit\n", "7\nhello\n"])
def test_the_sender_leaves_with_exit_or_at_the_end_of_input(
    client: Callable[..., tuple[int, str, str]],
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
    typed: str,
) -> None:
    server = serve("chat")
    listener = connect(server.address)
    listener.sendall(b"7\n")
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "the listener is in")
    code, _, err = client("chat-sender", server.address, typed)
    assert (code, err) == (0, "")
    assert listener.recv(100) == b"hello\n"
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "the sender has left")


def test_ctrl_c_leaves_the_chat(
    serve: Callable[..., Any], typing: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    server = serve("chat")
    sender = typing("chat-sender", server.address)
    sender.type("7\nhello\n")
    eventually(lambda: server.frame(1).requests == 1, "said")
    assert sender.interrupt() == (0, "")
    eventually(lambda: server.rooms.sizes() == {}, "left")


@LANGUAGES
@pytest.mark.parametrize("name", ["chat-reader", "chat-sender"])
def test_a_server_that_vanishes_is_one_sentence(
    serve: Callable[..., Any],
    typing: Callable[..., Any],
    eventually: Callable[..., Any],
    name: str,
    language: dict[str, str],
) -> None:
    server = serve("chat")
    one = typing(name, server.address, language)
    one.type("7\n")
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "in the room")
    server.stop()
    eventually(lambda: server.frame(1).connections == 0, "it is gone")
    with contextlib.suppress(BrokenPipeError):
        one.type("are you there?\n")
    code, err = one.end()
    assert (code, len(err.splitlines())) == (1, 1)
    assert ("сервер закрыл" if language is RUSSIAN else "closed the connection") in err


def test_a_reader_whose_output_is_closed_does_not_blame_the_server(
    serve: Callable[..., Any], typing: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    server = serve("chat")
    reader = typing("chat-reader", server.address)
    reader.type("7\n")
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "in the room")
    assert reader.process.stdout
    reader.process.stdout.close()
    with socket.create_connection(server.address, 30) as sock:
        sock.sendall(b"7\nhello\n")
        assert reader.process.stderr
        assert reader.process.stderr.read() == b""
    assert reader.process.wait(30) == 0
