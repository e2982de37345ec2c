"""Bytes that are not expected, and clients that leave when nobody expects it."""

import functools
import socket
from typing import Any

import pytest

from labservers.checks.figures import Work
from labservers.checks.probes import busy, hostile
from labservers.checks.talks import SAID
from labservers.checks.values import Death, Talk, Turn
from tests.labservers.checks.rig import Program, looked, number

ECHO = Talk("text", None, (Turn(b"abcd\n", b"ABCD\n"),), ends="server", framed="line")
JSON = Talk("math-json", "math", (Turn(b'{"a": 3}\n', b".+"),), ends="server", framed="line")
HTTP = Talk("page-get", "page", (Turn(b"GET / HTTP/1.1\r\n\r\n", b".+"),), framed="http")
CHAT = Talk("chat-plain", "chat", (Turn(SAID, b".*"),), answered="other", farewell=b"exit")
PROBES = {probe.id: probe for probe in (*hostile.PROBES, *hostile.LEAVING)}


def echo(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        client.sendall(lines.readline().upper())


class Chat:
    def __init__(self) -> None:
        self._members: list[socket.socket] = []

    def __call__(self, client: socket.socket) -> None:
        self._members.append(client)
        try:
            while (said := client.recv(1024)) not in (b"", b"exit"):
                for one in list(self._members):
                    if one is not client:
                        one.sendall(said)
        finally:
            self._members.remove(client)


@pytest.mark.parametrize(
    ("talk", "probe"),
    [
        *((ECHO, probe) for probe in sorted(PROBES)),
        (JSON, "nonsense"),
        (HTTP, "nonsense"),
        (HTTP, "empty"),
        (CHAT, "nonsense"),
        (CHAT, "connect-close"),
        (CHAT, "reset"),
    ],
)
def test_a_server_that_goes_on_passes(talk: Talk, probe: str) -> None:
    serve = Chat() if talk is CHAT else echo
    assert looked(PROBES[probe], talk, serve).outcome == "pass"


@pytest.mark.parametrize("probe", sorted(PROBES))
def test_one_that_serves_nobody_any_more_is_found(probe: str) -> None:
    def first_alone(client: socket.socket) -> None:
        if number() == 1:
            echo(client)
        else:
            while client.recv(1024):
                pass

    assert looked(PROBES[probe], ECHO, first_alone).why == "others-wait"


DEAD = Death("Thread-1", False, "ValueError", "no", "server.py:9", None)


def test_a_client_whose_thread_has_died_is_not_to_be_left_waiting() -> None:
    answers: list[bytes] = []

    def forgets(client: socket.socket) -> None:
        data = client.recv(1024)
        answers.append(data)
        if b"\xff" in data:
            client.recv(1)  # nobody reads, answers or closes any more
        else:
            client.sendall(data.upper())

    made = functools.partial(Program, deaths=[DEAD])
    outcome = looked(PROBES["not-utf8"], ECHO, forgets, made)
    assert outcome.why == "thread-died"
    assert b"\xff" in answers[-1]


def test_a_thread_that_spins_for_one_that_has_left_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LOOK_S", "LONG_LOOK_S"):
        monkeypatch.setattr(busy, name, 0.01)
    work: Any = [Work(0, 0), Work(9, 0), Work(9, 0), Work(99, 0)]
    made = functools.partial(Program, work=work)
    assert looked(PROBES["connect-close"], ECHO, echo, made).why == "spins"


@pytest.mark.parametrize(
    ("talk", "spoilt"),
    [
        (ECHO, b"a\xff\xfebcd\n"),
        (JSON, b'{"a\xff\xfe": 3}\n'),
        (HTTP, b"GET /\xff\xfe HTTP/1.1\r\n\r\n"),
    ],
)
def test_the_bytes_that_are_not_text_stand_where_text_is_read(talk: Talk, spoilt: bytes) -> None:
    assert hostile.spoilt(talk) == spoilt
