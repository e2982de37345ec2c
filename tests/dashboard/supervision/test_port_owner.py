"""Addresses to choose from, also where names cannot be looked up."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.supervision import port_owner


def test_the_name_and_all_addresses_are_offered_and_warned_of() -> None:
    choices = {choice["host"]: choice["warning"] for choice in port_owner.host_choices()}
    assert list(choices)[:2] == ["127.0.0.1", socket.gethostname()]
    assert choices["127.0.0.1"] is False
    assert choices["0.0.0.0"] is True


def test_a_look_up_that_hangs_holds_up_nobody_and_counts_as_reachable(
    monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    answer = threading.Event()
    asked: list[str] = []

    def slow(name: str) -> str:
        asked.append(name)
        answer.wait(10)
        return "127.0.1.1"

    port_owner._look_up.cache_clear()
    monkeypatch.setattr(port_owner, "LOOK_UP_S", 0.01)
    monkeypatch.setattr(socket, "gethostbyname", slow)
    name = socket.gethostname()
    choices = [port_owner.host_choices() for _ in range(3)][-1]
    assert {c["host"]: c["warning"] for c in choices}[name] is True
    answer.set()
    eventually(lambda: not port_owner.host_choices()[1]["warning"], "the answer is used")
    assert asked == [name]
    port_owner._look_up.cache_clear()
