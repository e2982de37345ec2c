"""A conversation in other segments than usual, and its sense to a server."""

import re
import socket
from dataclasses import replace

import pytest

from labservers.checks.probes import delivery
from labservers.checks.talks import SAID
from labservers.checks.values import Talk, Turn
from tests.labservers.checks.rig import Serve, looked

LINE = Talk("text", None, (Turn(b"add 7\n", b"8\n"),), ends="server", framed="line")
JSON = Talk("math-json", "math", (Turn(b'{"a": 3}', b"3"),), ends="server", framed="json")
HTTP = Talk("page-get", "page", (Turn(b"GET / HTTP/1.1\r\n\r\n", b"HTTP.*"),), framed="http")
CHAT = Talk("chat-plain", "chat", (Turn(SAID, b".*" + re.escape(SAID) + b".*"),), answered="other")
PROBES = {probe.id: probe for probe in (*delivery.PROBES, delivery.HALF_CLOSE)}


def said(probe: str, talk: Talk, serve: Serve) -> str:
    outcome = looked(PROBES[probe], talk, serve)
    return outcome.why or outcome.outcome


def adds(line: bytes) -> bytes:
    words = line.split()
    return b"%d\n" % (int(words[1]) + 1) if len(words) == 2 else b"error\n"


def adds_by_line(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        client.sendall(adds(lines.readline()))


def adds_each_line(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        for line in lines:
            client.sendall(adds(line))


def adds_one_recv(client: socket.socket) -> None:
    client.sendall(adds(client.recv(1024)))


def digit(data: bytes) -> bytes:
    return (re.findall(rb"\d", data) or [b"error"])[0]


def json_by_its_end(client: socket.socket) -> None:
    data = b""
    while not data.endswith(b"}") and (more := client.recv(1024)):
        data += more
    client.sendall(digit(data))


def json_one_recv(client: socket.socket) -> None:
    client.sendall(digit(client.recv(1024)))


def http_by_its_end(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        while lines.readline().strip():
            pass
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def needs_a_reader(client: socket.socket) -> None:
    """It takes the end of the client's stream for its leaving."""
    data = client.recv(1024)
    client.settimeout(0.2)
    try:
        if client.recv(1024) == b"":
            return
    except TimeoutError:
        pass
    client.sendall(adds(data))


@pytest.mark.parametrize(
    ("probe", "talk", "serve"),
    [
        ("split", LINE, adds_by_line),
        ("half-close", LINE, adds_by_line),
        ("glued", replace(LINE, repeats=True, ends="client"), adds_each_line),
        ("long", LINE, adds_by_line),
        ("long", JSON, json_by_its_end),
        ("long", HTTP, http_by_its_end),
    ],
)
def test_a_stream_is_read_as_one(probe: str, talk: Talk, serve: Serve) -> None:
    assert said(probe, talk, serve) == "pass"


@pytest.mark.parametrize(
    ("probe", "talk", "serve"),
    [
        ("split", LINE, adds_one_recv),
        ("half-close", LINE, needs_a_reader),
        ("glued", replace(LINE, repeats=True, ends="client"), adds_one_recv),
        ("long", JSON, json_one_recv),
    ],
)
def test_what_takes_a_segment_for_a_message_is_found(probe: str, talk: Talk, serve: Serve) -> None:
    assert said(probe, talk, serve) in ("closed", "reset", "wrong-answer")


@pytest.mark.parametrize(
    ("probe", "talk", "why"),
    [
        ("split", replace(LINE, framed="recv"), "no-end"),
        ("glued", LINE, "one-request"),
        ("glued", replace(JSON, repeats=True), "no-end"),
        ("long", Talk("text", None, (Turn(b"word", b"word"),)), "no-long-form"),
        ("long", LINE, "no-long-form"),  # not even a little of it is understood
        ("long", replace(LINE, datagram=True), "udp"),
    ],
)
def test_where_nothing_can_be_said_it_is_not_tried(probe: str, talk: Talk, why: str) -> None:
    def strict(client: socket.socket) -> None:
        client.sendall(b"8\n" if client.recv(1024) == b"add 7\n" else b"error\n")

    assert said(probe, talk, strict) == why


@pytest.mark.parametrize(("bytes_at_once", "word"), [(65_536, "pass"), (1_024, "wrong-answer")])
def test_all_of_a_long_message_of_a_chat_has_to_be_heard(bytes_at_once: int, word: str) -> None:
    members: list[socket.socket] = []

    def chat(client: socket.socket) -> None:
        members.append(client)
        while data := client.recv(65_536):
            for one in list(members):
                if one is not client:
                    one.sendall(data[:bytes_at_once])

    assert said("long", CHAT, chat) == word


def cut(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        client.sendall(adds(lines.readline(200)))
        while lines.read(1):  # a close with unread bytes would be a reset
            pass


def cut_and_unread(client: socket.socket) -> None:
    """Its close is a reset, since a part of the request was not read."""
    client.sendall(adds(client.makefile("rb", buffering=0).readline(200)))


def refused(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        line = lines.readline(200)
        client.sendall(adds(line) if line.endswith(b"\n") else b"too long\n")
        while lines.read(1):
            pass


def closed(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        line = lines.readline(200)
        if line.endswith(b"\n"):
            client.sendall(adds(line))


@pytest.mark.parametrize(
    ("serve", "said_of_it"),
    [
        (cut, "request-cut"),
        (cut_and_unread, "request-cut"),
        (refused, "pass"),
        (closed, "pass"),
    ],
)
def test_a_line_beyond_a_bound_is_refused_and_not_cut(serve: Serve, said_of_it: str) -> None:
    assert said("long", replace(LINE, ends="either"), serve) == said_of_it
