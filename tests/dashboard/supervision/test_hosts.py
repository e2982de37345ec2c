"""Addresses to choose from, also where names cannot be looked up."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard.supervision import hosts


@pytest.fixture(autouse=True)
def nothing_looked_up() -> Iterator[None]:
    hosts.forget_names()
    yield
    hosts.forget_names()


def test_the_name_and_all_addresses_are_offered_and_warned_of() -> None:
    choices = {choice["host"]: choice["warning"] for choice in hosts.host_choices()}
    assert list(choices)[:2] == ["127.0.0.1", socket.gethostname()]
    assert choices["127.0.0.1"] is False
    assert choices["0.0.0.0"] is True


@pytest.mark.parametrize(
    ("host", "warning"),
    [("0", True), ("0x0", True), ("::", True), ("192.0.2.7", True), ("nosuch.invalid", True)]
    + [(host, False) for host in ("127.1", "0x7f.1", "2130706433", "::1", "LOCALHOST")],
)
def test_the_chosen_one_is_warned_of_by_what_it_is(host: str, warning: bool) -> None:
    choices = {choice["host"]: choice["warning"] for choice in hosts.host_choices(host)}
    assert choices[host] is warning


def test_a_look_up_that_hangs_holds_up_nobody_and_counts_as_reachable(
    monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    answer = threading.Event()
    asked: list[str] = []

    def slow(name: str, port: int, kind: socket.SocketKind) -> tuple[int, tuple[str, int]]:
        asked.append(name)
        answer.wait(10)
        return socket.AF_INET, ("127.0.1.1", port)

    monkeypatch.setattr(hosts, "LOOK_UP_S", 0.01)
    monkeypatch.setattr(hosts, "resolve", slow)
    name = socket.gethostname()
    choices = [hosts.host_choices() for _ in range(3)][-1]
    assert {c["host"]: c["warning"] for c in choices}[name] is True
    answer.set()
    eventually(lambda: not hosts.host_choices()[1]["warning"], "the answer is used")
    assert asked == [name]
