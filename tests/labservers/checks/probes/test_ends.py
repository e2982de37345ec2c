"""The remains of a program, and its end: it is in this process, and its figures are the test's."""

import functools
import socket
import threading
import types
from typing import Any

import pytest

from labservers.checks import patience
from labservers.checks.context import Context, Probe
from labservers.checks.figures import Work
from labservers.checks.probes import busy, ends
from labservers.checks.talks import SAID
from labservers.checks.values import Outcome, Talk, Turn
from tests.labservers.checks.rig import Program, looked

ECHO = Talk("text", None, (Turn(b"abcd\n", b"ABCD\n"),), ends="server", framed="line")
CHAT = Talk("chat-plain", "chat", (Turn(SAID, b".*"),), answered="other", farewell=b"exit")
PROBES = {probe.id: probe for probe in ends.PROBES}


def echo(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        client.sendall(lines.readline().upper())


def until_exit(client: socket.socket) -> None:
    while client.recv(1024) not in (b"", b"exit"):
        pass


def said(probe: str, talk: Talk = ECHO, serve: Any = echo, **says: Any) -> str:
    """How the probe ends: "pass", or why not. says: of the program; cpu_before: of the setting."""
    more = {"cpu_before": says.pop("cpu_before", 0.0), "once": says.pop("once", False)}
    made = functools.partial(Program, **says)
    outcome = looked(PROBES[probe], talk, serve, made, **more)
    return outcome.why or outcome.outcome


FEW = {"descriptors": [4, 5], "threads": [1, 2]}
FIFTY = {"descriptors": [4, 54], "threads": [1, 51]}


@pytest.mark.parametrize(("figures", "word"), [(FEW, "pass"), (FIFTY, "leaks"), ({}, "no-figures")])
def test_descriptors_that_visits_leave_open_are_counted(figures: Any, word: str) -> None:
    assert said("descriptors", **{name: list(of) for name, of in figures.items()}) == word


def test_what_members_of_a_chat_leave_open_is_counted() -> None:
    assert said("descriptors", CHAT, until_exit, descriptors=[4, 29], threads=[1]) == "leaks"
    assert said("descriptors", CHAT, until_exit, descriptors=[4], threads=[1]) == "pass"


@pytest.mark.parametrize(
    ("says", "word"),
    [
        ({"threads": [1, 51]}, "threads-leak"),
        ({"threads": [1], "cpu_before": 0.9}, "busy-loop"),
        ({"threads": [1], "work": [Work(0, 0), Work(9, 0), Work(9, 0), Work(99, 0)]}, "spins"),
        ({"threads": [1]}, "pass"),
        ({"threads": [None]}, "no-figures"),
    ],
)
def test_threads_that_stay_and_those_that_are_at_work_are_told_apart(
    says: Any, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOK_S", "LONG_LOOK_S"):
        monkeypatch.setattr(busy, name, 0.01)
    assert said("threads", descriptors=[4], **says) == word


def test_a_connection_that_the_server_does_not_close_is_noticed() -> None:
    kept: list[socket.socket] = []

    def keep(client: socket.socket) -> None:
        kept.append(client.dup())
        client.sendall(client.recv(1024).upper())

    try:
        assert said("closes", serve=keep) == "leaks"
    finally:
        for one in kept:
            one.close()
    assert said("closes") == "pass"


def test_on_a_busy_machine_a_late_close_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = threading.Event()

    def look(context: Context) -> Outcome:
        try:
            return ends.closes(context)
        finally:
            judged.set()

    def after_the_verdict(client: socket.socket) -> None:
        echo(client)
        judged.wait(60)

    def late(client: socket.socket) -> None:
        echo(client)
        threading.Event().wait(2 * patience.LEAST_S)

    for name in ("ANSWERS", "DELAYS"):  # no more patience than the strain gives
        monkeypatch.setattr(patience, name, 0.0)
    monkeypatch.setitem(PROBES, "closes", PROBES["closes"]._replace(look=look))
    monkeypatch.setattr(ends, "strain", lambda: 1.0)
    assert said("closes", serve=after_the_verdict) == "leaks"
    monkeypatch.setattr(ends, "strain", lambda: 100.0)
    assert said("closes", serve=late) == "pass"


def test_a_look_that_took_all_of_the_patience_is_not_the_last_one() -> None:
    looks: list[None] = []

    def slow() -> bool:
        looks.append(None)
        threading.Event().wait(0.05)
        return len(looks) > 1

    context: Any = types.SimpleNamespace(patience_s=0.01)
    assert ends._becomes(context, slow)
    assert not ends._becomes(context, lambda: False)


@pytest.mark.parametrize("talk", [ECHO, CHAT], ids=["asks", "chat"])
def test_a_member_of_a_chat_has_no_answer_that_is_waited_for(talk: Talk) -> None:
    assert said("closes", talk, echo if talk is ECHO else until_exit) == "pass"


@pytest.mark.parametrize("once", [False, True])
def test_control_c_ends_it_or_does_not(once: bool) -> None:
    assert said("ctrl-c", once=once) == "pass"
    assert said("ctrl-c", once=once, ends=False) == "not-ended"


def test_it_starts_again_though_its_last_connection_waits() -> None:
    assert said("again") == "pass"
    assert said("again", refuses="port-taken") == "no-reuseaddr"
    assert said("again", CHAT, lambda client: None) == "pass"


def test_where_the_client_has_closed_first_its_port_proves_nothing() -> None:
    def rests(client: socket.socket) -> None:
        client.sendall(client.recv(1024).upper())
        client.recv(1)

    assert said("again", serve=rests) == "no-time-wait"


def test_in_another_folder_it_starts_and_answers() -> None:
    assert said("folder") == "pass"
    assert said("folder", refuses="ends-at-start") == "not-started"
    assert said("folder", serve=lambda client: None) in ("closed", "reset")


def test_none_of_it_is_asked_of_a_program_that_we_have_not_started() -> None:
    for probe in PROBES.values():
        if probe.id != "closes":
            assert looked(probe, ECHO, echo).why == "remote"
    datagrams = Talk("hello-text", "hello", (Turn(b"a", b"b"),), datagram=True)
    assert looked(PROBES["closes"], datagrams, lambda sock: None).why == "udp"


def test_visits_end_where_the_program_has_ended() -> None:
    visits: list[socket.socket] = []

    class Ended(Program):
        @property
        def alive(self) -> bool:
            return len(visits) < 3

    def count(client: socket.socket) -> None:
        visits.append(client)
        echo(client)

    probe: Probe = PROBES["descriptors"]
    looked(probe, ECHO, count, functools.partial(Ended, descriptors=[4], threads=[1]))
    assert len(visits) == 3
