"""Answers of servers that are not ours: one sentence, exit 1, and nothing that steers a terminal."""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.clients.exchange import CheckFailed
from labservers.clients.subjects import check
from labservers.clients.terminal import one_line, printable

pytestmark = pytest.mark.system
Client = Callable[..., tuple[int, str, str]]
Other = Callable[..., tuple[str, int]]
STEERING = "\x1b[2J\x07\x9b31m\u202e\u2066\ud800\x00\u2028\r"
HOSTILE = "Algebra" + STEERING


def http(body: bytes, status: str = "200 OK", media: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def as_json(value: Any, status: str = "200 OK") -> bytes:
    return http(json.dumps(value).encode(), status)


def steers(text: str) -> bool:
    return any(not (c.isprintable() or c == "\n") for c in text)


def test_every_steering_character_becomes_a_dot() -> None:
    assert printable(STEERING) == "·[2J··31m··" + "·" * 4
    assert printable("a\tb\nя 🎉") == "a\tb\nя 🎉"
    assert one_line("a\tb\nc\r\n") == "a·b·c··"


def test_a_subject_with_escape_sequences_is_shown_as_text(client: Client, other: Other) -> None:
    row = {"subject": HOSTILE + "\nforged", "grade": 5, "saved_at": "2026\x1b[0m"}
    for words, answer in (
        (("1",), {"student": 1, "subjects": [row]}),
        (("1", "--subject", "x", "--grade", "5"), row),
    ):
        code, out, err = client("subjects", other(as_json(answer)), words=words)
        assert (code, err) == (0, "")
        assert out.startswith("Algebra·[2J··31m")
        assert not steers(out)
        assert out.count("\n") == 1


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GRADE = b'{"subjects": [{"subject": "x", "grade": %s, "saved_at": ""}]}'
NOT_OURS = {
    "html": http(b"<h1>It works!</h1>", media="text/html"),
    "a list": as_json([1, 2]),
    "no rows": as_json({}),
    "rows of another kind": as_json({"subjects": [5, None]}),
    "a row of wrong types": as_json({"subjects": [{"subject": 5, "grade": "x", "saved_at": []}]}),
    "a true grade": as_json({"subjects": [{"subject": "x", "grade": True, "saved_at": ""}]}),
    "not UTF-8": http(b'{"subjects": "\xff"}'),
    "deeply nested": http(b"[" * 50_000),
    "a number of 5,000 digits": http(b'{"subjects": ' + b"9" * 5_000 + b"}"),
    "moved": as_json({"subjects": []}, "302 Found"),
    "not HTTP": b"\x1b[2J220 mail.example\r\n",
    "half of a body": http(b"{}")[:-1],
    "a broken status": b"HTTP/1.1 ok\r\n\r\n",
    "broken chunks": CHUNKED + b"\xb2\r\n{}\r\n0\r\n\r\n",
    "a length beyond an index": http(b"{}").replace(b": 2", b": 99999999999999999999"),
    "a length just beyond an index": http(b"{}").replace(b": 2", b": 9223372036854775808"),
    "a length of 5,000 digits": http(b"{}").replace(b": 2", b": " + b"9" * 5_000),
    "a chunk beyond an index": CHUNKED + b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n",
    "a chunk of 5,000 digits": CHUNKED + b"9" * 5_000 + b"\r\n{}\r\n0\r\n\r\n",
    "a status of 100 digits": b"HTTP/1.1 " + b"9" * 100 + b" OK\r\n\r\n",
    "a version of 100 digits": b"HTTP/1." + b"9" * 100 + b" 200 OK\r\n\r\n",
    "a grade beyond a float": http(GRADE % b"1e999"),
    "300 fields": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 300 + b"\r\n",
}


@pytest.mark.parametrize("answer", NOT_OURS.values(), ids=NOT_OURS)
def test_another_servers_answer_is_one_sentence(
    client: Client, other: Other, answer: bytes
) -> None:
    code, out, err = client("subjects", other(answer), words=("1",))
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "is another server there?" in err


@pytest.mark.parametrize("name", [name for name in NOT_OURS if "length" in name or "chunk" in name])
def test_a_page_of_a_wrong_length_is_no_page(client: Client, other: Other, name: str) -> None:
    code, _, err = client("page", other(NOT_OURS[name]))
    assert (code, len(err.splitlines())) == (1, 1)
    assert "is another server there?" in err


def test_a_check_says_in_its_own_words_that_the_length_is_wrong(other: Other) -> None:
    with pytest.raises(CheckFailed, match="was not answered"):
        check(*other(NOT_OURS["a length beyond an index"]), 5)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (as_json({"error": HOSTILE}, "404 Not Found"), "refused with 404: Algebra·[2J"),
        (as_json({"error": ["x"]}, "500 Oops"), "refused with 500\n"),
        (as_json([], "500 Oops"), "refused with 500\n"),
        (http(b"<h1>", "403 Forbidden", "text/html"), "refused with 403\n"),
        (as_json({"fields": {"grade": "1 to 5\n\x1b["}}, "422 No"), "refused with 422: 1 to 5··["),
    ],
)
def test_a_refusal_is_one_sentence(client: Client, other: Other, answer: bytes, said: str) -> None:
    code, out, err = client("subjects", other(answer), words=("1",))
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith(said)
    assert not steers(err)


@pytest.mark.parametrize("name", ["subjects", "hypotenuse", "page"])
def test_an_answer_without_end_is_cut_off(client: Client, other: Other, name: str) -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    words = ("1",) if name == "subjects" else ()
    code, out, err = client(name, other(head, b"x" * 65_536, endless=True), "3,4\n", words=words)
    assert (code, len(err.splitlines())) == (1, 1)
    assert "longer than 1,048,576 bytes" in err
    assert len(out) < 1_100_000


@pytest.mark.parametrize("name", ["subjects", "hypotenuse", "page"])
def test_a_server_that_closes_at_once_is_not_called_absent(
    client: Client, other: Other, name: str
) -> None:
    words = ("1",) if name == "subjects" else ()
    code, _, err = client(name, other(), "3,4\n", words=words)
    assert (code, len(err.splitlines())) == (1, 1)
    assert "ended the connection without an answer" in err


@pytest.mark.parametrize(
    "answer",
    ["５.0", "5_0", "nan", "inf", "-5", " 5.0", "5.0\u00a0", "5.0\n\n", "0x5", "", "5e99999"],
)
def test_what_only_looks_like_a_number_is_none(client: Client, other: Other, answer: str) -> None:
    code, out, err = client("hypotenuse", other(answer.encode()), "3,4\n")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "Hypotenuse" not in out


@pytest.mark.parametrize("answer", ["5", "5.0\n", "1e+200", "0.0", "5e-324"])
def test_a_number_of_any_server_is_shown(client: Client, other: Other, answer: str) -> None:
    code, out, _ = client("hypotenuse", other(answer.encode()), "3,4\n")
    assert (code, out.endswith(f"Hypotenuse = {answer.strip()}\n")) == (0, True)


def test_a_refusal_of_the_calculator_steers_nothing(client: Client, other: Other) -> None:
    hostile = f"error: {HOSTILE}\n\nforged".encode("utf-8", "surrogatepass")
    code, _, err = client("hypotenuse", other(hostile), "3,4\n")
    assert (code, len(err.splitlines())) == (1, 1)
    assert not steers(err)


def test_a_greeting_steers_nothing(client: Client) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def answer() -> None:
            _, address = sock.recvfrom(100)
            sock.sendto(HOSTILE.encode("utf-8", "surrogatepass"), address)

        thread = threading.Thread(target=answer)
        thread.start()
        code, out, _ = client("hello", sock.getsockname())
        thread.join(30)
    assert code == 0
    assert out.startswith("Algebra·[2J")
    assert not steers(out)


def test_a_line_of_a_chat_that_never_ends_is_shown_in_pieces(client: Client, other: Other) -> None:
    code, out, err = client("chat-reader", other(b"\x1b" * 300_000), "7\n")
    assert (code, len(err.splitlines())) == (1, 1)
    assert out.count("New message: ") == 5
    assert not steers(out)


def test_a_flood_does_not_keep_the_sender_from_leaving(client: Client, other: Other) -> None:
    code, _, err = client("chat-sender", other(b"x" * 65_536, endless=True), "7\nhello\nexit\n")
    assert (code, err) == (0, "")


@pytest.mark.parametrize("grade", ["５", "5 ", "5_0", "x", "", "9" * 5_000])
def test_a_grade_is_digits(client: Client, other: Other, grade: str) -> None:
    words = ("1", "--subject", "x", "--grade", grade)
    code, _, err = client("subjects", other(b""), words=words)
    assert (code, len(err.splitlines())) == (2, 1)
