"""Refusals reach their client, also one that still sends; only white space is trimmed."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from labservers.checks.patience import strain

MIB = 1024 * 1024
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def ask(
    server: Any, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*server.address, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def chunks(size: int) -> Any:
    for _ in range(size // MIB):
        yield b"x" * MIB


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/subjects/1", FORM, b"x" * 5 * MIB, 413),
        ("POST", "/subjects/1", JSON, b"x" * 16 * MIB, 413),
        ("POST", "/subjects/1", {**FORM, "Expect": "100-continue"}, b"x" * 5 * MIB, 413),
        ("POST", "/nothing", FORM, b"x" * 3 * MIB, 413),
        ("POST", "/nothing", FORM, b"x" * 60_000, 404),
        ("PUT", "/subjects/1", FORM, b"x" * 60_000, 405),
        ("POST", "/subjects/1", {"Content-Type": "text/plain"}, b"x" * 60_000, 415),
        ("POST", "/subjects/1", FORM, b"subject=" + b"x" * 60_000 + b"&grade=5", 422),
    ],
)
@pytest.mark.usefixtures("long_linger")
def test_a_client_that_still_sends_gets_the_answer(
    server: Any, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answered, page = ask(server, method, path, body, headers)
    assert (answered, page[-8:]) == (status, b"</html>\n")


@pytest.mark.usefixtures("long_linger")
def test_a_client_that_still_sends_chunks_gets_the_answer(server: Any) -> None:
    assert ask(server, "POST", "/subjects/1", chunks(8 * MIB), FORM)[0] == 413


@pytest.mark.usefixtures("long_linger")
def test_a_refused_body_is_read_on_while_others_are_served(
    server: Any, connect: Callable[..., socket.socket]
) -> None:
    head = b"POST /subjects/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"
    sending = connect(server.address)
    sending.sendall(head)
    for _ in range(8):
        sending.sendall(b"x" * MIB)
        began = time.monotonic()
        assert ask(server, "GET", "/subjects/1")[0] == 200
        assert time.monotonic() - began < 1 * strain()


def test_a_drip_after_a_refusal_ends(
    server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    dripping = connect(server.address)
    dripping.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nx")
    assert dripping.recv(65_536).startswith(b"HTTP/1.1 404")
    eventually(lambda: server.clients == 0, "a silent rest is not waited for")


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\x1f", "\x85", "\n", "\v"])
def test_white_space_is_space_and_tab_alone(server: Any, space: str) -> None:
    form = {"subject": "Maths", "grade": space + "5"}
    status, _ = ask(server, "POST", "/subjects/1", json.dumps(form).encode(), JSON)
    assert status == 422
    escaped = "".join(f"%{byte:02X}" for byte in space.encode())
    assert ask(server, "POST", "/subjects/1", f"subject=a&grade={escaped}5", FORM)[0] == 422
    assert ask(server, "POST", "/subjects/1", f"subject={escaped}&grade=5", FORM)[0] == 422
    assert ask(server, "POST", "/subjects/1", "subject=%20a%09&grade=%09+5+", FORM)[0] == 303


def test_a_subject_keeps_what_only_looks_like_space(server: Any) -> None:
    ask(server, "POST", "/subjects/1", json.dumps({"subject": "\t\u00a0a \t", "grade": 5}), JSON)
    page = ask(server, "GET", "/subjects/1", headers={"Accept": "application/json"})[1]
    assert json.loads(page)["subjects"][0]["subject"] == "\u00a0a"


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json;q=0.5, text/html;q=0.4", True),
        ("application/json ;\tq=0.5 , text/html;q=0.4", True),
        ("application/json;q=\u00b3, text/html;q=0", False),
        ("application/json\u00a0, text/html;q=0.1", False),
        ("application/json;q=1.0000, text/html;q=0.1", False),
    ],
)
def test_weights_are_ascii(server: Any, accept: str, is_json: bool) -> None:
    body = ask(server, "GET", "/subjects/1", headers={"Accept": accept})[1]
    assert body.startswith(b"{") is is_json


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'\xef\xbb\xbf{"subject": "Maths", "grade": 5}', 201),
        (b'{"subject": "Maths", "grade": 5.0}', 201),
        (b'{"subject": "Maths", "grade": 5e0}', 201),
        (b'{"subject": "Maths", "grade": 4.5}', 422),
        (b'{"subject": "Maths", "grade": 1e999}', 422),
        (b'{"subject": "Maths", "grade": "5"}', 422),
        (b'{"subject": "Maths", "grade": false}', 422),
        (b'{"subject": "Maths", "grade": %s}' % (b"5" * 5_000), 422),
        (b'{"subject": "Maths", "grade": NaN}', 400),
        (b'{"subject": "Maths", "grade": 5, "x": Infinity}', 400),
        (b'\xff\xfe{\x00"\x00', 400),
        (b"", 400),
    ],
)
def test_json_is_what_rfc_8259_says(server: Any, body: bytes, status: int) -> None:
    assert ask(server, "POST", "/subjects/1", body, JSON)[0] == status


@pytest.mark.parametrize("digits", [309, 641, 4_301, 60_000])
@pytest.mark.parametrize("sign", [b"", b"-"])
def test_a_number_of_many_digits_is_json_and_no_grade(
    server: Any, digits: int, sign: bytes
) -> None:
    huge = sign + b"7" * digits
    wrong = b'{"subject": "Maths", "grade": %s}' % huge
    status, said = ask(
        server, "POST", "/subjects/1", wrong, {**JSON, "Accept": JSON["Content-Type"]}
    )
    assert (status, json.loads(said)["fields"]) == (
        422, {"grade": "a whole number from 1 to 5 is needed"},
    )  # fmt: skip
    ignored = b'{"subject": "Maths", "grade": 5, "more": [%s]}' % huge
    assert ask(server, "POST", "/subjects/1", ignored, JSON)[0] == 201


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/subjects/%31", 200),
        ("/%73ubject%73/1", 200),
        ("/subjects/%D9%A3", 404),
        ("/subjects%2F1", 404),
        ("/subjects/%3", 404),
        ("/subjects/1%20", 404),
        ("/subjects/1#2", 400),
        ("/?a#b", 400),
    ],
)
def test_an_address_is_the_same_however_it_is_escaped(server: Any, path: str, status: int) -> None:
    ask(server, "POST", "/subjects/1", "subject=Maths&grade=5", FORM)
    answered, page = ask(server, "GET", path)
    assert (answered, b"Maths" in page) == (status, status == 200)


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "words"),
    [
        ("/subjects/1", FORM, b"&".join([b"a=1"] * 2_000), 400, b"the form has more than"),
        ("/subjects/1", JSON, rb'{"subject": "a\u0000", "grade": 5}', 422, b"not characters"),
        ("/subjects/1", JSON, rb'{"subject": "\ud800", "grade": 5}', 422, b"not characters"),
    ],
)
def test_what_cannot_be_saved_is_refused_with_its_reason(
    server: Any, path: str, headers: dict[str, str], body: bytes, status: int, words: bytes
) -> None:
    answered, page = ask(server, "POST", path, body, headers)
    assert answered == status
    assert words in page


def test_a_program_that_asks_for_the_root_gets_the_addresses_as_json(server: Any) -> None:
    status, said = ask(server, "GET", "/", headers={"Accept": "application/json"})
    assert (status, json.loads(said)["subjects"]) == (200, "/subjects/{student}")
    assert ask(server, "OPTIONS", "*")[0] == 204
