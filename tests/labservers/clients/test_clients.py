"""The console clients with and without a server, in both languages, at the end of input and ^C."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parents[3]
ENGLISH, RUSSIAN = {"LC_ALL": "C.UTF-8"}, {"LANG": "ru_RU.UTF-8"}
LANGUAGES = pytest.mark.parametrize("language", [ENGLISH, RUSSIAN], ids=["en", "ru"])
# name -> what to type so that it asks its server
TYPED = {"hello": "", "hypotenuse": "3,4\n", "page": "", "chat-reader": "7\n", "chat-sender": "7\n"}


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
    """Exit code, output and complaints of a client for whom all this was typed."""
    words = ("--host", address[0], "--port", str(address[1]))
    given = typed if isinstance(typed, bytes) else typed.encode()
    done = subprocess.run(
        **command(name, *options.pop("words", ()), *words, **options), input=given, timeout=20
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def nobody() -> tuple[str, int]:
    """An address where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        host, port = sock.getsockname()
        return host, port


@pytest.fixture
def other() -> Iterator[tuple[str, int]]:
    """A server of another kind: it says one line and goes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with contextlib.suppress(OSError):
                sock = listener.accept()[0]
                with sock:
                    sock.recv(1000)
                    sock.sendall(b"\x1b[2J220 mail.example\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@LANGUAGES
@pytest.mark.parametrize("name", TYPED)
def test_without_a_server_it_is_one_sentence_in_the_terminals_language(
    nobody: tuple[str, int], name: str, language: dict[str, str]
) -> None:
    code, _, err = client(name, nobody, TYPED[name], language=language)
    assert (code, len(err.splitlines())) == (1, 1)
    assert ("никто не отвечает" if language is RUSSIAN else "no server answers") in err


@pytest.mark.parametrize("name", TYPED)
@pytest.mark.parametrize("host", ["nosuch.invalid", "a" * 300])
def test_a_host_that_there_is_none_of_is_one_sentence(name: str, host: str) -> None:
    code, _, err = client(name, (host, 1), TYPED[name])
    assert (code, len(err.splitlines())) == (1, 1)
    assert "cannot reach" in err


@LANGUAGES
def test_hello(serve: Callable[..., Any], language: dict[str, str]) -> None:
    assert client("hello", serve("hello").address, language=language) == (0, "Hello client\n", "")


def test_hello_is_told_that_udp_promises_no_answer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        code, out, err = client("hello", silent.getsockname(), language=RUSSIAN)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "UDP его и не обещает" in err


@LANGUAGES
def test_hypotenuse_asks_again_until_it_gets_two_numbers(
    serve: Callable[..., Any], language: dict[str, str]
) -> None:
    typed = b"\nthree,four\n3\n3,4,5\n-3,4\nnan,4\n1e999,1\n\xff\xfe\n 3 , 4 \n"
    code, out, err = client("hypotenuse", serve("hypotenuse").address, typed, language=language)
    russian = language is RUSSIAN
    question = "Катеты прямоугольного треугольника " if russian else "Legs of a right triangle "
    result = "Гипотенуза = 5.0\n" if russian else "Hypotenuse = 5.0\n"
    assert (code, err) == (0, "")
    assert out.count(question) == 9
    assert out.endswith(question + result)


def test_hypotenuse_passes_a_refusal_on(serve: Callable[..., Any]) -> None:
    code, _, err = client("hypotenuse", serve("hypotenuse").address, "1.7e308,1.7e308\n")
    assert (code, err.count("\n")) == (1, 1)
    assert "too large" in err


def test_an_answer_of_another_server_is_no_number(other: tuple[str, int]) -> None:
    code, out, err = client("hypotenuse", other, "3,4\n")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "220" not in out


@pytest.mark.parametrize("name", ["hypotenuse", "chat-reader", "chat-sender"])
def test_the_end_of_input_is_a_way_to_leave(nobody: tuple[str, int], name: str) -> None:
    code, _, err = client(name, nobody, "")
    assert (code, err) == (0, "")


def test_page_shows_the_whole_reply_and_steers_no_terminal(
    serve: Callable[..., Any], other: tuple[str, int]
) -> None:
    code, out, err = client("page", serve("page").address)
    assert (code, err) == (0, "")
    assert out.startswith("HTTP/1.1 200 OK\n")
    assert "</html>" in out
    code, out, err = client("page", other)
    assert (code, out) == (0, "·[2J220 mail.example\n\n")


def test_who_has_seen_enough_of_the_output_makes_no_trouble(serve: Callable[..., Any]) -> None:
    host, port = serve("page").address
    process = subprocess.Popen(**command("page", "--host", host, "--port", str(port)))
    with process:
        assert process.stdout
        process.stdout.close()  # as `| head` does
        assert process.stderr
        assert process.stderr.read() == b""
    assert process.returncode == 0


class Typing:
    """A client at a terminal where somebody types line by line; ended after the test."""

    def __init__(self, name: str, address: tuple[str, int], language: dict[str, str]) -> None:
        words = ("--host", address[0], "--port", str(address[1]))
        self.process = subprocess.Popen(
            **command(name, *words, language=language), stdin=subprocess.PIPE
        )
        self._deadline = threading.Timer(15, self.process.kill)  # nobody reads for ever
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
        _, err = self.process.communicate(timeout=10)
        return self.process.returncode, err.decode()

    def close(self) -> None:
        self._deadline.cancel()
        self.process.kill()
        self.process.communicate(timeout=10)
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


@LANGUAGES
def test_chat_between_a_sender_and_a_reader(
    serve: Callable[..., Any],
    typing: Callable[..., Typing],
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
    reader.process.send_signal(signal.SIGINT)
    assert reader.end() == (0, "")
    eventually(lambda: server.rooms.sizes() == {}, "both have left")


@pytest.mark.parametrize("typed", ["7\nhello\nexit\n", "7\nhello\n"])
def test_the_sender_leaves_with_exit_or_at_the_end_of_input(
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
    serve: Callable[..., Any], typing: Callable[..., Typing], eventually: Callable[..., Any]
) -> None:
    server = serve("chat")
    sender = typing("chat-sender", server.address)
    sender.type("7\nhello\n")
    eventually(lambda: server.frame(1).requests == 1, "said")
    sender.process.send_signal(signal.SIGINT)
    assert sender.end() == (0, "")
    eventually(lambda: server.rooms.sizes() == {}, "left")


@LANGUAGES
@pytest.mark.parametrize("name", ["chat-reader", "chat-sender"])
def test_a_server_that_vanishes_is_one_sentence(
    serve: Callable[..., Any],
    typing: Callable[..., Typing],
    eventually: Callable[..., Any],
    name: str,
    language: dict[str, str],
) -> None:
    server = serve("chat")
    one = typing(name, server.address, language)
    one.type("7\n")
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "in the room")
    server.stop()
    eventually(lambda: server.rooms.sizes() == {}, "it is gone")
    with contextlib.suppress(BrokenPipeError):
        one.type("are you there?\n")
    code, err = one.end()
    assert (code, len(err.splitlines())) == (1, 1)
    assert ("сервер закрыл" if language is RUSSIAN else "closed the connection") in err


def test_a_reader_whose_output_is_closed_does_not_blame_the_server(
    serve: Callable[..., Any], typing: Callable[..., Typing], eventually: Callable[..., Any]
) -> None:
    server = serve("chat")
    reader = typing("chat-reader", server.address)
    reader.type("7\n")
    eventually(lambda: server.rooms.sizes() == {"7": 1}, "in the room")
    assert reader.process.stdout
    reader.process.stdout.close()
    with socket.create_connection(server.address, 5) as sock:
        sock.sendall(b"7\nhello\n")
        assert reader.process.stderr
        assert reader.process.stderr.read() == b""
    assert reader.process.wait(10) == 0
