"""The console clients with and without a server, in both languages, at the end of input and ^C."""

import os
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytestmark = pytest.mark.system
ENGLISH, RUSSIAN = {"LC_ALL": "C.UTF-8"}, {"LANG": "ru_RU.UTF-8"}
LANGUAGES = pytest.mark.parametrize("language", [ENGLISH, RUSSIAN], ids=["en", "ru"])
MAIL = b"\x1b[2J220 mail.example\r\n"
# name -> the input that makes it ask its server
TYPED = {"hello": "", "hypotenuse": "3,4\n", "page": "", "chat-reader": "7\n", "chat-sender": "7\n"}


@LANGUAGES
@pytest.mark.parametrize("name", TYPED)
def test_without_a_server_it_is_one_sentence_in_the_terminals_language(
    client: Callable[..., tuple[int, str, str]],
    nobody: tuple[str, int],
    name: str,
    language: dict[str, str],
) -> None:
    code, _, err = client(name, nobody, TYPED[name], language=language)
    assert (code, len(err.splitlines())) == (1, 1)
    assert ("никто не отвечает" if language is RUSSIAN else "no server answers") in err


@pytest.mark.parametrize("name", TYPED)
@pytest.mark.parametrize("host", ["nosuch.invalid", "a" * 300])
def test_an_unknown_host_is_one_sentence(
    client: Callable[..., tuple[int, str, str]], name: str, host: str
) -> None:
    code, _, err = client(name, (host, 1), TYPED[name])
    assert (code, len(err.splitlines())) == (1, 1)
    assert "cannot reach" in err


@LANGUAGES
def test_hello(
    client: Callable[..., tuple[int, str, str]], serve: Callable[..., Any], language: dict[str, str]
) -> None:
    assert client("hello", serve("hello").address, language=language) == (0, "Hello client\n", "")


def test_hello_is_told_that_udp_promises_no_answer(
    client: Callable[..., tuple[int, str, str]],
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        code, out, err = client("hello", silent.getsockname(), language=RUSSIAN)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "UDP его и не обещает" in err


@LANGUAGES
def test_hypotenuse_asks_again_until_it_gets_two_numbers(
    client: Callable[..., tuple[int, str, str]], serve: Callable[..., Any], language: dict[str, str]
) -> None:
    typed = b"\nthree,four\n3\n3,4,5\n-3,4\nnan,4\n1e999,1\n\xff\xfe\n 3 , 4 \n"
    code, out, err = client("hypotenuse", serve("hypotenuse").address, typed, language=language)
    russian = language is RUSSIAN
    question = "Катеты прямоугольного треугольника " if russian else "Legs of a right triangle "
    result = "Гипотенуза = 5.0\n" if russian else "Hypotenuse = 5.0\n"
    assert (code, err) == (0, "")
    assert out.count(question) == 9
    assert out.endswith(question + result)


def test_hypotenuse_passes_a_refusal_on(
    client: Callable[..., tuple[int, str, str]], serve: Callable[..., Any]
) -> None:
    code, _, err = client("hypotenuse", serve("hypotenuse").address, "1.7e308,1.7e308\n")
    assert (code, err.count("\n")) == (1, 1)
    assert "too large" in err


def test_an_answer_of_another_server_is_not_a_number(
    client: Callable[..., tuple[int, str, str]], other: Callable[..., tuple[str, int]]
) -> None:
    code, out, err = client("hypotenuse", other(MAIL), "3,4\n")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "220" not in out


@pytest.mark.parametrize("name", ["hypotenuse", "chat-reader", "chat-sender"])
def test_the_end_of_input_is_a_way_to_leave(
    client: Callable[..., tuple[int, str, str]], nobody: tuple[str, int], name: str
) -> None:
    code, _, err = client(name, nobody, "")
    assert (code, err) == (0, "")


def test_page_shows_the_whole_reply_and_steers_no_terminal(
    client: Callable[..., tuple[int, str, str]],
    serve: Callable[..., Any],
    other: Callable[..., tuple[str, int]],
) -> None:
    code, out, err = client("page", serve("page").address)
    assert (code, err) == (0, "")
    assert out.startswith("HTTP/1.1 200 OK\n")
    assert "</html>" in out
    code, out, err = client("page", other(MAIL))
    assert (code, out) == (1, "·[2J220 mail.example\n\n")
    assert "is not HTTP" in err


@pytest.mark.parametrize(
    ("path", "target"),
    [(b"/\xff", "/%FF"), (b"/\xd0\x96\xd0", "/%D0%96%D0"), ("/Ж ж".encode(), "/%D0%96%20%D0%B6")],
)
def test_a_path_is_sent_as_the_bytes_that_were_typed(
    client: Callable[..., tuple[int, str, str]], path: bytes, target: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        server.settimeout(20)
        asked = pool.submit(client, "page", server.getsockname(), words=(os.fsdecode(path),))
        with server.accept()[0] as sock:
            line = sock.makefile("rb").readline()
            sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        code, _, err = asked.result()
    assert (line.decode(), code, err) == (f"GET {target} HTTP/1.1\r\n", 0, "")


@pytest.mark.parametrize(
    "words",
    [
        ["page", "--port", "\udcff"],
        ["subjects", "\udcff"],
        ["subjects", "1", "--grade", "\udcff"],
        ["hello", "--host", "a\udcff"],
        ["\udcff"],
    ],
)
def test_stray_bytes_in_an_argument_are_one_sentence(
    command: Callable[..., dict[str, Any]], words: list[str]
) -> None:
    done = subprocess.run(**command(*words), stdin=subprocess.DEVNULL, timeout=60)
    said = done.stderr.decode()
    assert (done.returncode in (1, 2), done.stdout, said.count("\n")) == (True, b"", 1), said


def test_output_that_is_closed_early_makes_no_trouble(
    command: Callable[..., dict[str, Any]], serve: Callable[..., Any]
) -> None:
    host, port = serve("page").address
    process = subprocess.Popen(**command("page", "--host", host, "--port", str(port)))
    with process:
        assert process.stdout
        process.stdout.close()  # as `| head` does
        assert process.stderr
        assert process.stderr.read() == b""
    assert process.returncode == 0
