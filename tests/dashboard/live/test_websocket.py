"""One websocket over a pair of sockets: bounds on both sides, and ends that are seen."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from dashboard.live import websocket
from dashboard.live.loop_thread import LoopThread


class Ear:
    """A Hearer that notes everything."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.changes: list[bool] = []
        self.ended = threading.Event()

    def hear(self, message: dict[str, Any]) -> None:
        if "break" in message:
            raise LookupError("a defect")
        self.messages.append(message)

    def behind(self, behind: bool) -> None:
        self.changes.append(behind)

    def gone(self) -> None:
        self.ended.set()


class Pair:
    """A Socket, and the connection of its browser, which reads only when asked to."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        ours, self.browser = socket.socketpair()
        self.browser.settimeout(30)
        self.sock = websocket.Socket(loop)
        made = loop.connect_accepted_socket(lambda: self.sock, ours)
        asyncio.run_coroutine_threadsafe(made, loop).result(10)
        self.ear = Ear()

    def hear(self) -> None:
        self.sock.loop.call_soon_threadsafe(self.sock.hear_with, self.ear)

    def tell(self, message: Any) -> None:
        payload = json.dumps(message).encode()
        assert len(payload) < 126
        self.browser.sendall(bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload)

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (received := self.browser.recv(size - len(data))):
            data += received
        return data

    def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        data = b""
        with suppress(ConnectionResetError):
            while received := self.browser.recv(65536):
                data += received
        return data


@pytest.fixture
def pair() -> Iterator[Pair]:
    with LoopThread("test").running() as loop:
        made = Pair(loop)
        yield made
        made.browser.close()
        made.sock.close()
        made.sock.wait_for_end()


def test_a_browser_that_has_stalled_for_a_whole_queue_is_cut_off(
    pair: Pair, eventually: Any
) -> None:
    pair.hear()
    for _ in range(2 * websocket.QUEUE_BYTES // 100_000):
        pair.sock.send("x" * 100_000)
    eventually(lambda: not pair.sock.open, "it is cut off")
    assert pair.ear.ended.wait(30)
    assert len(pair.rest()) < websocket.QUEUE_BYTES


def test_it_is_known_when_a_browser_is_behind_and_when_no_longer(
    pair: Pair, eventually: Any
) -> None:
    pair.hear()
    for _ in range(10):
        pair.sock.send("x" * 100_000)
    eventually(lambda: pair.ear.changes == [True], "the browser is behind")
    pair.read(10 * 100_000)
    eventually(lambda: pair.ear.changes == [True, False], "it is not any more")
    assert pair.sock.open


def test_a_browser_that_is_ahead_of_the_handler_waits_and_loses_nothing(pair: Pair) -> None:
    count = 5_000
    filler = "x" * 80

    def talk() -> None:
        for number in range(count):
            pair.tell({"n": number, "filler": filler})

    talker = threading.Thread(target=talk)
    talker.start()
    talker.join(0.5)
    assert talker.is_alive(), "it is made to wait"
    heard = [pair.sock.receive(10) for _ in range(count)]
    assert [message["n"] for message in heard if message] == list(range(count))
    talker.join(30)


def test_what_came_before_somebody_hears_is_heard_first(pair: Pair, eventually: Any) -> None:
    before = websocket.INBOUND_MESSAGES + 10
    for number in range(before):
        pair.tell({"n": number})
    pair.hear()
    pair.tell({"n": before})
    eventually(lambda: len(pair.ear.messages) == before + 1, "all is heard")
    assert [message["n"] for message in pair.ear.messages] == list(range(before + 1))


def test_a_hearer_that_breaks_is_1011_and_logged(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    pair.hear()
    with caplog.at_level(logging.ERROR):
        pair.tell({"break": True})
        assert pair.rest()[2:4] == websocket.BROKEN.to_bytes(2, "big")
    assert "a defect" in caplog.text
    assert pair.ear.ended.wait(30)


def test_a_receiver_is_woken_by_the_end(pair: Pair) -> None:
    ended: list[bool] = []

    def receive() -> None:
        with suppress(websocket.Closed):
            pair.sock.receive(60)
            return
        ended.append(True)

    receiver = threading.Thread(target=receive)
    receiver.start()
    pair.browser.close()
    receiver.join(30)
    assert ended == [True]
    with pytest.raises(websocket.Closed):
        pair.sock.receive(60)


def test_a_ping_frame_is_answered(pair: Pair) -> None:
    pair.browser.sendall(b"\x89\x82\0\0\0\0hi")
    assert pair.read(4) == b"\x8a\x02hi"


def test_a_browser_that_answers_no_ping_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, eventually: Any
) -> None:
    monkeypatch.setattr(websocket, "PING_S", 0.2)
    with LoopThread("test").running() as loop:
        pair = Pair(loop)
        assert pair.read(2) == b"\x89\x00"
        eventually(lambda: not pair.sock.open, "it is cut off")
        assert pair.browser.recv(10) == b""
        pair.browser.close()


def test_a_browser_that_was_killed_is_an_end_like_any_other() -> None:
    """Its kernel answers our Close frame with a reset, before we shut the connection down."""
    complaints: list[dict[str, Any]] = []
    with LoopThread("test").running() as loop, socket.create_server(("127.0.0.1", 0)) as listener:
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        browser = socket.create_connection(listener.getsockname(), 30)
        sock = websocket.Socket(loop)
        made = loop.connect_accepted_socket(lambda: sock, listener.accept()[0])
        asyncio.run_coroutine_threadsafe(made, loop).result(10)

        def killed_and_ended() -> None:  # the loop cannot see the end in between
            browser.close()
            sock.end(websocket.NORMAL, "")

        loop.call_soon_threadsafe(killed_and_ended)
        sock.wait_for_end()
    assert complaints == []
