"""Connections without a thread until their request is whole, and handshakes in turn."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard import waiting_room
from dashboard.waiting_room import (
    ANSWER_S,
    ANSWERS,
    HANDSHAKE_S,
    HANDSHAKES,
    HEADER_BYTES,
    Visitor,
    WaitingRoom,
)

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345"
LARGE = b"POST / HTTP/1.1\r\ncontent-length:  70000 \r\n\r\n"
EXPECTS = POST[:-5].replace(b"Host", b"Expect: 100-continue\r\nHost")
MOST_WAITING = 3
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nupgrade:WebSocket\r\n\r\n"


class Hall:
    """A room with an audience: who was admitted and who was dismissed, in order."""

    def __init__(self) -> None:
        self.admitted: list[Visitor] = []
        self.dismissed: list[Visitor] = []
        self.asked: list[Visitor] = []
        self.room = WaitingRoom(
            self._admit, self._dismiss, self.asked.append, MOST_WAITING, lambda: self.now
        )
        self.answered_at_once = False
        self.now = 0.0
        self._sockets: list[socket.socket] = []
        self.room.open()

    def come(self, said: bytes = b"") -> socket.socket:
        """The visitor's end of a new connection, on which so much has arrived."""
        ours, theirs = socket.socketpair()
        self._sockets += (ours, theirs)
        theirs.sendall(said)
        self.room.enter(ours, "address")
        return theirs

    def heard_of_all(self, eventually: Callable[..., Any]) -> None:
        """Until the room's thread knows all that have come."""
        before = len(self.dismissed)
        self.come().close()
        eventually(lambda: len(self.dismissed) > before, "the last one is known, and gone")

    def _admit(self, visitor: Visitor) -> None:
        self.admitted.append(visitor)
        if self.answered_at_once:
            visitor.end_turn()

    def _dismiss(self, visitor: Visitor) -> None:
        self.dismissed.append(visitor)
        visitor.connection.close()

    def close(self) -> None:
        self.room.close()
        for sock in self._sockets:
            sock.close()


@pytest.fixture
def hall() -> Iterator[Hall]:
    hall = Hall()
    yield hall
    hall.close()


def test_one_whose_request_is_there_does_not_wait(hall: Hall) -> None:
    hall.come(GET + b"body")
    (visitor,) = hall.admitted
    assert (visitor.said, visitor.address) == (GET + b"body", "address")
    assert visitor.connection.getblocking()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    request=st.sampled_from(
        [GET, GET.replace(b"\r", b""), GET.replace(b"\r\n\r\n", b"\n\r\n"), POST, LARGE, EXPECTS]
    ),
    sizes=st.lists(st.integers(1, 9)),
)
def test_a_request_may_come_in_any_pieces(
    hall: Hall, eventually: Callable[..., Any], request: bytes, sizes: list[int]
) -> None:
    hall.answered_at_once = True
    before, theirs, at = len(hall.admitted), hall.come(), 0
    for size in (*sizes, len(request)):
        assert len(hall.admitted) == before or at >= len(request)
        theirs.sendall(request[at : at + size])
        at += size
    eventually(lambda: len(hall.admitted) == before + 1, "admitted")
    assert hall.admitted[-1].said == request


def test_a_header_without_an_end_is_for_its_thread_to_refuse(
    hall: Hall, eventually: Callable[..., Any]
) -> None:
    theirs = hall.come(b"GET / HTTP/1.1\r\n")
    theirs.setblocking(False)

    def sent_enough() -> bool:
        try:
            theirs.send(b"X" * 10_000)
        except BlockingIOError:
            pass
        return len(hall.admitted) == 1

    eventually(sent_enough, "admitted")
    assert len(hall.admitted[0].said) >= HEADER_BYTES


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost:", POST[:-1], UPGRADE])
def test_one_that_goes_is_dismissed_and_has_no_thread(
    hall: Hall, eventually: Callable[..., Any], said: bytes
) -> None:
    for _ in range(HANDSHAKES):
        hall.come(UPGRADE)
    eventually(lambda: len(hall.admitted) == HANDSHAKES, "all places are taken")
    hall.come(said).close()
    eventually(lambda: len(hall.dismissed) == 1, "dismissed")
    hall.admitted[0].end_turn()
    hall.come(GET)
    eventually(lambda: len(hall.admitted) > HANDSHAKES, "the next one")
    assert [visitor.said for visitor in hall.admitted[HANDSHAKES:]] == [GET]


def test_websockets_shake_hands_in_turn_and_the_newest_first(
    hall: Hall, eventually: Callable[..., Any]
) -> None:
    for _ in range(HANDSHAKES):
        hall.come(UPGRADE)
    eventually(lambda: len(hall.admitted) == HANDSHAKES, "all places are taken")
    old = hall.come(UPGRADE + b"old")
    hall.come(UPGRADE + b"new")
    old.sendall(b"er")
    hall.heard_of_all(eventually)
    hall.come(GET)  # which waits for none of them
    assert hall.admitted[-1].said == GET
    first = hall.admitted[0]
    first.end_turn()
    first.end_turn()  # twice is once
    eventually(lambda: len(hall.admitted) == HANDSHAKES + 2, "the next one")
    assert hall.admitted[-1].said == UPGRADE + b"new"
    hall.admitted[-1].end_turn()
    eventually(lambda: len(hall.admitted) == HANDSHAKES + 3, "the last one")
    assert hall.admitted[-1].said.startswith(UPGRADE + b"old")


@pytest.mark.parametrize(
    "line",
    [
        b"Upgrade: websocket",
        b"UPGRADE:\tWebSocket ",
        b"upgrade: h2c, websocket",
        b"Upgrade:websocket,",
    ],
)
def test_a_header_that_names_the_protocol_asks_for_a_handshake(line: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(GET.replace(b"Host", line + b"\r\nHost"))
        visitor = Visitor(ours, "address")
        visitor.hear()
        assert (visitor.asked, visitor.wants_websocket) == (True, True)


@pytest.mark.parametrize(
    "said",
    [
        GET.replace(b"Host", b"Upgrade: websocketx\r\nHost"),
        GET.replace(b"Host", b"Upgrade: websocket-2\r\nHost"),
        GET.replace(b"Host", b"Upgrade: x websocket\r\nHost"),
        GET.replace(b"Host", b"Upgrade: h2c\r\nHost"),
        GET.replace(b"Host", b"X-Upgrade: websocket\r\nHost"),
        GET.replace(b"Host", b"Host: Upgrade: websocket\r\nHost"),
        GET + b"\r\nUpgrade: websocket\r\n\r\n",
        POST[:-5].replace(b" 5", b" 25") + b"12\nUpgrade: websocket\r\n34",
    ],
)
def test_other_words_ask_for_none(hall: Hall, said: bytes) -> None:
    for _ in range(HANDSHAKES + 1):
        hall.come(said)
    assert [visitor.said for visitor in hall.admitted] == (HANDSHAKES + 1) * [said]


def test_a_handshake_that_lasts_too_long_is_in_nobodys_way(
    hall: Hall, eventually: Callable[..., Any]
) -> None:
    for _ in range(HANDSHAKES + 1):
        hall.come(UPGRADE)
    hall.heard_of_all(eventually)
    assert len(hall.admitted) == HANDSHAKES
    hall.now = HANDSHAKE_S
    eventually(lambda: len(hall.admitted) == HANDSHAKES + 1, "its turn ends by itself")


def test_of_a_crowd_a_few_are_answered_at_a_time_the_newest_and_the_oldest_next(
    hall: Hall, eventually: Callable[..., Any]
) -> None:
    for number in range(ANSWERS + MOST_WAITING):
        hall.come(GET + b"%d" % number)
    assert len(hall.admitted) == ANSWERS
    assert hall.admitted[0].said == GET + b"0"
    hall.admitted[0].end_turn()
    eventually(lambda: len(hall.admitted) > ANSWERS, "the next one")
    assert hall.admitted[ANSWERS].said == GET + b"%d" % (ANSWERS + MOST_WAITING - 1)
    hall.now = ANSWER_S
    eventually(lambda: len(hall.admitted) == ANSWERS + MOST_WAITING, "turns end by themselves")
    assert hall.admitted[ANSWERS + 1].said == GET + b"%d" % ANSWERS
    assert len(hall.asked) == ANSWERS + MOST_WAITING


def test_who_waits_longest_goes_where_too_many_wait(hall: Hall) -> None:
    for number in range(ANSWERS + MOST_WAITING + 2):
        hall.come(GET + b"%d" % number)
    assert [one.said for one in hall.dismissed] == [GET + b"%d" % (ANSWERS + n) for n in range(2)]
    assert len(hall.admitted) == ANSWERS


def test_those_that_wait_are_dismissed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_room, "JOIN_S", 30.0)
    hall = Hall()
    hall.come(b"GET ")
    for _ in range(ANSWERS + 1):
        hall.come(GET)
    hall.close()
    assert (len(hall.dismissed), len(hall.admitted)) == (2, ANSWERS)
    assert "waiting room" not in [thread.name for thread in threading.enumerate()]
