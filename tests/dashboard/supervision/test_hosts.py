"""Addresses to choose from, also where names cannot be looked up."""

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard.supervision import hosts
from tests.conftest import PATIENCE_S


@pytest.fixture(autouse=True)
def nothing_looked_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hosts, "LOOK_UP_S", PATIENCE_S)
    hosts.forget_names()
    yield
    hosts.forget_names()


def choices_of(*chosen: str) -> list[dict[str, bool]]:
    """For each program on its chosen host: the hosts that it can be put on, and the warnings."""
    views = hosts.with_choices([{"settings": {"host": host}} for host in chosen])
    return [{found["host"]: found["warning"] for found in view["host_choices"]} for view in views]


def test_the_name_and_all_addresses_are_offered_and_warned_of() -> None:
    (choices,) = choices_of("127.0.0.1")
    assert list(choices)[:2] == ["127.0.0.1", socket.gethostname()]
    assert choices["127.0.0.1"] is False
    assert choices["0.0.0.0"] is True


@pytest.mark.parametrize(
    ("host", "warning"),
    [("0", True), ("0x0", True), ("::", True), ("192.0.2.7", True), ("nosuch.invalid", True)]
    + [(host, False) for host in ("127.1", "0x7f.1", "2130706433", "::1", "LOCALHOST")],
)
def test_the_chosen_one_is_warned_of_by_what_it_is(host: str, warning: bool) -> None:
    (choices,) = choices_of(host)
    assert choices[host] is warning


def test_addresses_are_looked_up_once_for_all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def interfaces() -> dict[str, Any]:
        asked.append("interfaces")
        return {}

    monkeypatch.setattr(hosts.psutil, "net_if_addrs", interfaces)
    one, other, third = choices_of("127.0.0.1", "192.0.2.7", "127.0.0.1")
    assert one == third == {h: warning for h, warning in other.items() if h != "192.0.2.7"}
    assert list(other)[-1] == "192.0.2.7"
    assert asked == ["interfaces"]


def test_without_a_free_descriptor_the_usual_ones_are_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interfaces() -> dict[str, Any]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(hosts.psutil, "net_if_addrs", interfaces)
    (choices,) = choices_of("127.0.0.1")
    assert list(choices) == ["127.0.0.1", socket.gethostname(), "0.0.0.0"]
    assert hosts.others_reach("0.0.0.0") == []
    assert hosts.others_reach("192.0.2.7") == ["192.0.2.7"]


def test_names_that_were_looked_up_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolve(name: str, port: int, kind: int) -> Any:
        asked.append(name)
        return socket.AF_INET, ("127.0.0.1", port)

    monkeypatch.setattr(hosts, "resolve", resolve)
    monkeypatch.setattr(hosts, "NAMES", 2)
    for name in ("a.host", "b.host", "b.host", "c.host", "a.host"):
        assert not hosts.is_open(name)
    assert asked == ["a.host", "b.host", "c.host", "a.host"]


def test_a_program_that_is_put_on_no_host_has_the_usual_choices() -> None:
    (view,) = hosts.with_choices([{"settings": {}}])
    assert [choice["host"] for choice in view["host_choices"]] == list(choices_of("127.0.0.1")[0])


def test_a_look_up_that_hangs_holds_up_nobody_and_counts_as_reachable(
    monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    answer = threading.Event()
    asked: list[str] = []

    def slow(name: str, port: int, kind: socket.SocketKind) -> tuple[int, tuple[str, int]]:
        asked.append(name)
        answer.wait(30)
        return socket.AF_INET, ("127.0.1.1", port)

    monkeypatch.setattr(hosts, "LOOK_UP_S", 0.01)
    monkeypatch.setattr(hosts, "resolve", slow)
    name = socket.gethostname()
    choices = [choices_of("127.0.0.1")[0] for _ in range(3)][-1]
    assert choices[name] is True
    answer.set()
    eventually(lambda: not choices_of("127.0.0.1")[0][name], "the answer is used")
    assert asked == [name]


def test_a_look_up_that_failed_is_tried_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    """A machine that had no network when the dashboard started has one later."""
    found = ""

    def resolve(name: str, port: int, kind: int) -> Any:
        asked.append(name)
        if not found:
            raise socket.gaierror(socket.EAI_AGAIN, "no name service")
        return socket.AF_INET, (found, port)

    asked: list[str] = []
    monkeypatch.setattr(hosts, "resolve", resolve)
    assert hosts.is_open("a.host")
    found = "127.0.0.1"
    assert hosts.is_open("a.host")
    assert asked == ["a.host"]
    monkeypatch.setattr(hosts, "RETRY_S", 0.0)
    assert not hosts.is_open("a.host")
    assert not hosts.is_open("a.host")
    assert asked == ["a.host", "a.host"]
