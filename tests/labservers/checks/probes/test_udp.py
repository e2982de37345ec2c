"""Datagrams: large ones, empty ones, many at once; and to which client an answer goes."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from labservers.checks.probes import basics, udp
from labservers.checks.values import Talk, Turn
from tests.labservers.checks.rig import Serve, looked

ECHO = Talk("hello-text", "hello", (Turn(b"hello", b"HELLO"),), datagram=True)
PROBES = {probe.id: probe for probe in (*basics.PROBES, *udp.PROBES)}


def said(probe: str, serve: Serve) -> str:
    outcome = looked(PROBES[probe], ECHO, serve)
    return outcome.why or outcome.outcome


def received(sock: socket.socket, size: int = 65_536) -> Iterator[tuple[bytes, Any]]:
    while True:
        data, peer = sock.recvfrom(size)
        if peer is None:  # it was shut down
            return
        yield data, peer


def echo(sock: socket.socket) -> None:
    for data, peer in received(sock):
        sock.sendto(data.upper(), peer)


def in_1024_bytes(sock: socket.socket) -> None:
    for data, peer in received(sock, 1_024):
        sock.sendto(data.upper(), peer)


def small_alone(sock: socket.socket) -> None:
    for data, peer in received(sock):
        if len(data) < 1_000:
            sock.sendto(data.upper(), peer)


def until_it_is_empty(sock: socket.socket) -> None:
    for data, peer in received(sock):
        if not data:
            return
        sock.sendto(data.upper(), peer)


def to_the_first(sock: socket.socket) -> None:
    first = None
    for data, peer in received(sock):
        first = first or peer
        sock.sendto(data.upper(), first)


def once_each_answer(sock: socket.socket) -> None:
    """The first of a burst alone."""
    data, peer = sock.recvfrom(65_536)
    sock.sendto(data.upper(), peer)


def one_word(sock: socket.socket) -> None:
    for data, peer in received(sock, 1_024):
        if data == b"hello":
            sock.sendto(b"HELLO", peer)


def nobody(sock: socket.socket) -> None:
    return


@pytest.mark.parametrize("probe", sorted(PROBES))
def test_an_echo_passes(probe: str) -> None:
    assert said(probe, echo) == "pass"


@pytest.mark.parametrize(
    ("probe", "serve", "why"),
    [
        ("udp-large", in_1024_bytes, "wrong-answer"),
        ("udp-large", small_alone, "no-answer"),
        ("udp-large", nobody, "no-answer"),
        ("udp-empty", until_it_is_empty, "others-wait"),
        ("udp-burst", once_each_answer, "lost"),
        ("answers-again", to_the_first, "udp-wrong-sender"),
        ("answers-again", once_each_answer, "no-answer"),
        ("answers", nobody, "no-answer"),
    ],
)
def test_a_fault_is_found(probe: str, serve: Serve, why: str) -> None:
    assert said(probe, serve) == why


def test_where_an_answer_is_due_to_one_word_alone_a_long_one_is_not_tried() -> None:
    assert said("udp-large", one_word) == "no-long-form"


def test_a_program_that_ends_after_its_first_client_is_said_to() -> None:
    assert looked(PROBES["answers-again"], ECHO, echo, once=True).why == "ends-after-one"
    assert looked(PROBES["udp-large"], ECHO, echo, once=True).why == "once"
