"""Websockets: closes that a browser understands, bounds on both sides."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from simple_websocket import ConnectionClosed
from wsproto import ConnectionType, WSConnection, events

from dashboard.live import sockets
from dashboard.live.loop_thread import LoopThread

TOKEN = "token-of-the-tests"


class RawSocket:
    """A websocket client that sees every byte and answers a Close frame only when told to."""

    def __init__(self, site: Any, path: str = "/ws/live", **headers: str) -> None:
        self.sock = socket.create_connection(site.address, 10)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        asked = events.Request(
            host=f"127.0.0.1:{site.address[1]}", target=path, extra_headers=extra
        )
        self.sock.sendall(self.protocol.send(asked))
        self.accepted = self.next(events.AcceptConnection)

    def next(self, kind: type[events.Event]) -> Any:
        """The next event of a kind; None at the end of the stream."""
        while True:
            for event in self.protocol.events():
                if isinstance(event, kind):
                    return event
            received = self.sock.recv(65536)
            if not received:
                return None
            self.protocol.receive_data(received)

    def send(self, text: str) -> None:
        self.sock.sendall(self.protocol.send(events.TextMessage(data=text)))

    def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        rest = b""
        try:
            while received := self.sock.recv(65536):
                rest += received
        except ConnectionResetError:
            pass
        return rest


def test_nothing_follows_the_close_frame(site: Any) -> None:
    """Werkzeug's own response behind it would make a browser report 1006."""
    client = RawSocket(site)
    client.send("{}")
    closed = client.next(events.CloseConnection)
    assert (closed.code, bool(closed.reason)) == (4401, True)
    client.sock.sendall(client.protocol.send(closed.response()))
    assert client.rest() == b""
    client.sock.close()


def test_nothing_follows_it_for_a_client_that_does_not_answer_the_close(site: Any) -> None:
    client = RawSocket(site)
    client.send("{}")
    assert client.next(events.CloseConnection).code == 4401
    assert client.rest() == b""
    client.sock.close()


def test_there_is_no_compression(site: Any) -> None:
    offer = "permessage-deflate; client_max_window_bits"
    client = RawSocket(site, **{"Sec-WebSocket-Extensions": offer})
    assert client.accepted.extensions == []
    client.sock.close()


@pytest.mark.parametrize("first", ["{}", '{"token": ""}', '{"token": 1}', '{"token": "x"}'])
@pytest.mark.parametrize("path", ["/ws/live", "/ws/chat"])
def test_a_wrong_token_is_4401(site: Any, path: str, first: str) -> None:
    assert site.talk(path, first).close_code() == 4401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_sites_page_is_4403(site: Any, origin: str) -> None:
    assert site.talk("/ws/live", {}, origin).close_code() == 4403


def test_our_own_origin_is_welcome(site: Any) -> None:
    origin = f"http://127.0.0.1:{site.address[1]}"
    client = RawSocket(site, Origin=origin)
    client.send(json.dumps({"token": TOKEN}))
    assert json.loads(client.next(events.TextMessage).data)["type"] == "snapshot"
    client.sock.close()


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", '"text"', "1", "[" * 50_000, '{"ping": NaN}', '{"ack": 1' + "0" * 5_000 + "}"],
)
@pytest.mark.parametrize("path", ["/ws/live", "/ws/chat"])
def test_what_is_not_a_json_object_is_4400(site: Any, path: str, frame: str) -> None:
    talk = site.talk(path, frame or "nothing")
    assert talk.close_code() == 4400


def test_no_first_frame_is_4401(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "FIRST_FRAME_S", 0.1)
    client = RawSocket(site)
    assert client.next(events.CloseConnection).code == 4401
    client.sock.close()


def test_too_long_a_message_is_1009(site: Any) -> None:
    talk = site.talk("/ws/live", {})
    talk.tell({"filler": "x" * sockets.MESSAGE_BYTES})
    assert talk.close_code() == 1009


def test_a_handler_that_breaks_is_1011_and_logged(
    site: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(topics: Any) -> None:
        raise LookupError("a defect")

    monkeypatch.setattr(site.lab.broadcaster, "subscribe", broken)
    with caplog.at_level(logging.ERROR):
        assert site.talk("/ws/live", {}).close_code() == 1011
    assert "a defect" in caplog.text


def test_a_tabs_events_that_break_are_1011_and_logged(
    site: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(message: Any) -> None:
        raise LookupError("a defect")

    monkeypatch.setattr(site.lab, "with_hosts", broken)
    with caplog.at_level(logging.ERROR):
        assert site.talk("/ws/live", {}).close_code() == 1011
    assert "a defect" in caplog.text


def test_more_websockets_than_the_limit_are_told(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = sockets.serve
    monkeypatch.setattr(sockets, "serve", lambda ws, handler, limit: original(ws, handler, 1))
    first = site.talk("/ws/live", {})
    assert first.hear()["type"] == "snapshot"
    assert site.talk("/ws/live", {}).close_code() == 4429


def test_a_reset_ends_everything_of_a_websocket(site: Any, eventually: Any) -> None:
    before = threading.active_count()
    client = RawSocket(site)
    client.send(json.dumps({"token": TOKEN}))
    assert client.next(events.TextMessage)
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.sock.close()
    eventually(lambda: threading.active_count() <= before, "its threads end")


def test_fifty_browsers_hear_1001_within_a_second(site: Any) -> None:
    talks = [site.talk("/ws/live", {}) for _ in range(50)]
    for talk in talks:
        assert talk.hear()["type"] == "snapshot"
    begun = time.monotonic()
    closing = threading.Thread(target=sockets.close_all)
    closing.start()
    assert {talk.close_code() for talk in talks} == {1001}
    closing.join()
    assert time.monotonic() - begun < 2.0


def test_the_wrapper_finds_what_it_uses_of_simple_websocket(site: Any) -> None:
    """Its thread can be replaced, and a websocket that is not .connected sends no Close frame."""
    talk = site.talk("/ws/live", {})
    assert talk.hear()["type"] == "snapshot"
    for name in ("connected", "thread", "sock"):
        assert hasattr(talk.ws, name)
    talk.ws.connected = False
    with pytest.raises(ConnectionClosed):
        talk.ws.close()
    talk.ws.connected = True


def test_a_ping_of_the_page_is_answered_at_once(site: Any) -> None:
    site.start("chat")
    for path, first in (("/ws/live", {}), ("/ws/chat", {"room": "7", "name": "Anya"})):
        talk = site.talk(path, first)
        talk.tell({"ping": 17.25})
        assert talk.hear_until("ping") == 17.25


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
    """A Socket, and the connection of its browser, which reads only when told to."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        ours, self.browser = socket.socketpair()
        self.browser.settimeout(10)
        self.sock = sockets.Socket(loop)
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
    for _ in range(2 * sockets.QUEUE_BYTES // 100_000):
        pair.sock.send("x" * 100_000)
    eventually(lambda: not pair.sock.open, "it is cut off")
    assert pair.ear.ended.wait(5)
    assert len(pair.rest()) < sockets.QUEUE_BYTES


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
    talker.join(10)


def test_what_came_before_somebody_hears_is_heard_first(pair: Pair, eventually: Any) -> None:
    before = sockets.INBOUND_MESSAGES + 10
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
        assert pair.rest()[2:4] == sockets.BROKEN.to_bytes(2, "big")
    assert "a defect" in caplog.text
    assert pair.ear.ended.wait(5)


def test_a_receiver_is_woken_by_the_end(pair: Pair) -> None:
    ended: list[bool] = []

    def receive() -> None:
        with suppress(sockets.Closed):
            pair.sock.receive(60)
            return
        ended.append(True)

    receiver = threading.Thread(target=receive)
    receiver.start()
    pair.browser.close()
    receiver.join(5)
    assert ended == [True]
    with pytest.raises(sockets.Closed):
        pair.sock.receive(60)


def test_a_ping_frame_is_answered_and_a_browser_that_answers_none_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, eventually: Any
) -> None:
    monkeypatch.setattr(sockets, "PING_S", 0.2)
    with LoopThread("test").running() as loop:
        pair = Pair(loop)
        pair.browser.sendall(b"\x89\x82\0\0\0\0hi")
        assert pair.read(4) == b"\x8a\x02hi"
        assert pair.read(2) == b"\x89\x00"
        eventually(lambda: not pair.sock.open, "it is cut off")
        assert pair.browser.recv(10) == b""
        pair.browser.close()
