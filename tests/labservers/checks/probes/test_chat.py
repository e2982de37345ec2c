"""A chat in this process with one fault, and what each probe says of it."""

import codecs
import contextlib
import itertools
import re
import socket
import threading
from dataclasses import replace

import pytest

from labservers.checks.context import Context, Probe, always
from labservers.checks.probes import chat, chat_leaving, chat_room
from labservers.checks.probes.chat_room import hear_all, in_room, missed
from labservers.checks.talks import SAID
from labservers.checks.values import Outcome, Talk, Turn
from tests.labservers.checks.rig import looked

TURNS = (Turn(b"1"), Turn(SAID, b".*" + re.escape(SAID) + b".*"))
TALK = Talk("chat-rooms", "chat", TURNS, answered="other", repeats=True)
PLAIN = Talk("chat-plain", "chat", TURNS[1:], answered="other", repeats=True)
PROBES = {probe.id: probe for probe in (*chat.PROBES, chat_leaving.DEAF, *chat_leaving.PROBES)}


class Chat:
    """The first byte is the room. `fault` is one word; "" is a chat without a fault."""

    def __init__(self, fault: str = "") -> None:
        self._fault = fault
        self._rooms: dict[bytes, list[socket.socket]] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    def __call__(self, client: socket.socket) -> None:
        room = client.recv(1)
        members = self._rooms.setdefault(b"" if self._fault == "mixed" else room, [])
        with self._lock:
            members.append(client)
        try:
            self._listen(client, members)
        finally:
            if self._fault != "stays":
                with self._lock:
                    members.remove(client)

    def _listen(self, client: socket.socket, members: list[socket.socket]) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while data := client.recv(65536):
            if self._fault == "letters":
                data = data.decode("utf-8", "ignore").encode()
            elif self._fault == "named":
                data = b"somebody: " + data
            else:
                data = decoder.decode(data).encode()
            self._broadcast(data, members)

    def _broadcast(self, data: bytes, members: list[socket.socket]) -> None:
        with self._lock:
            others = list(members)
        if self._fault == "lost":
            others = others[:-1]
        if self._fault == "order" and not next(self._numbers) % 3:  # of either speaker
            threading.Timer(0.02, self._send, (data, others)).start()
            return
        if self._fault in ("deaf", "in order"):
            with self._lock:
                self._send(data, others)
        else:
            self._send(data, others)

    def _send(self, data: bytes, others: list[socket.socket]) -> None:
        for other in others:
            if self._fault == "stays":
                other.sendall(data)  # an error ends the loop, and the thread
                continue
            try:
                with other.dup() as to:  # a limit for the send alone, and not for recv() as well
                    to.settimeout(None if self._fault == "deaf" else 0.3)
                    to.sendall(data * (2 if self._fault == "twice" else 1))
            except OSError:
                with contextlib.suppress(OSError):
                    other.shutdown(socket.SHUT_RDWR)  # gone, or it does not read


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells that a thread has read the room but has not joined yet."""
    monkeypatch.setattr(chat_room, "REST_S", 0.6)


@pytest.mark.parametrize("probe", sorted(PROBES))
def test_a_chat_without_a_fault_passes(probe: str) -> None:
    without = "in order" if probe == "chat-order" else ""  # a lock, which a deaf member would hold
    outcome = looked(PROBES[probe], TALK, Chat(without))
    assert outcome.outcome == "pass", outcome


@pytest.mark.parametrize(
    ("fault", "probe", "why"),
    [
        ("lost", "chat-all", "lost"),
        ("twice", "chat-all", "lost"),
        ("order", "chat-order", "chat-order-differs"),
        ("mixed", "chat-others", "chat-rooms-mixed"),
        ("letters", "chat-letters", "decode-half-letter"),
        ("named", "chat-letters", "recv-taken-for-message"),
        ("stays", "chat-leave-reset", "lost"),
        ("deaf", "chat-deaf", "others-wait"),
    ],
)
def test_a_fault_is_found_by_its_probe(fault: str, probe: str, why: str) -> None:
    outcome = looked(PROBES[probe], TALK, Chat(fault))
    assert (outcome.outcome, outcome.why) == ("fail", why)


def test_a_room_that_is_late_does_not_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has yet to send what was said before."""
    for limit in ("STUCK_S", "RECOVERS_S"):
        monkeypatch.setattr(chat_leaving, limit, 0.1)
    monkeypatch.setattr(chat_leaving, "ENOUGH", 1)
    members: list[socket.socket] = []

    def serve(client: socket.socket) -> None:
        members.append(client)
        while data := client.recv(4_096):
            for one in members[:2]:
                one.sendall(data)
            threading.Event().wait(0.05)

    assert looked(PROBES["chat-deaf"], PLAIN, serve).outcome == "pass"


def test_what_comes_late_and_in_another_order_is_waited_for() -> None:
    def serve(client: socket.socket) -> None:
        client.sendall(b"last")
        threading.Event().wait(0.05)
        client.sendall(b"first")

    def look(context: Context) -> Outcome:
        hearers, words = [context.connected()], [b"first", b"last"]
        hear_all(context, hearers, words)
        return context.fail("lost") if missed(hearers, words) else context.passed()

    assert looked(Probe("hears", always, look), TALK, serve).outcome == "pass"


def test_a_chat_without_rooms_is_not_asked_for_them() -> None:
    assert looked(PROBES["chat-others"], PLAIN, Chat()).why == "no-rooms"


@pytest.mark.parametrize("join", [b"1", b"1\n", b"{name} 1\n"])
def test_a_room_is_a_word_of_a_turn(join: bytes) -> None:
    talk = replace(TALK, turns=(Turn(join), TURNS[1]))
    other = in_room(talk, b"2")
    assert other.turns == (Turn(join.replace(b"1", b"2")), TURNS[1])
    assert in_room(replace(talk, turns=(Turn(b"room1"), TURNS[1])), b"2").turns[0] == Turn(b"room1")


def test_what_is_not_a_chat_is_not_judged_as_one() -> None:
    other = Talk("text", None, (Turn(b"hello", b".*"),))
    assert looked(PROBES["chat-all"], other, Chat()).why == "not-chat"


def test_members_say_goodbye_when_a_probe_is_over() -> None:
    heard: list[bytes] = []

    def serve(client: socket.socket) -> None:
        heard.append(client.recv(1024))
        heard.append(client.recv(1024))

    looked(Probe("joins", always, joins), replace(TALK, farewell=b"exit"), serve)
    assert heard == [b"1", b"exit"]


def joins(context: Context) -> Outcome:
    context.member(0)
    return context.passed()
