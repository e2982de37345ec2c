"""Websockets: closes that a browser understands, bounds on both sides."""

import errno
import json
import logging
import os
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from simple_websocket import ConnectionClosed
from wsproto import ConnectionType, WSConnection, events

from dashboard.live import sockets, websocket
from dashboard.live.frames import close_frame
from dashboard.live.websocket import CROWDED
from dashboard.programs.files import OwnFile
from tests.conftest import PATIENCE_S

TOKEN = "token-of-the-tests"


class RawSocket:
    """A websocket client that sees every byte and answers a Close frame only when asked to."""

    def __init__(self, site: Any, path: str = "/ws/live", **headers: str) -> None:
        self.sock = socket.create_connection(site.address, PATIENCE_S)
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


def refusal(site: Any, **headers: str) -> int:
    """The code of a close that may come in one segment with the handshake."""
    client = RawSocket(site, **headers)
    code: int = client.next(events.CloseConnection).code
    client.sock.close()
    return code


def test_nothing_follows_the_close_frame(site: Any) -> None:
    """Werkzeug's own response after it would make a browser report 1006."""
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


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
def test_another_sites_page_is_4403(site: Any, origin: str) -> None:
    assert refusal(site, Origin=origin) == 4403


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
    talk.tell({"filler": "x" * websocket.MESSAGE_BYTES})
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


@pytest.mark.parametrize("app", [{"live_sockets": 2, "chat_sockets": 1}], indirect=True)
def test_pages_chats_and_consoles_have_a_limit_each_and_are_told(site: Any, tmp_path: Path) -> None:
    site.start("chat")
    file = tmp_path / "programs" / "asks.py"
    file.parent.mkdir()
    file.write_text("input('name? ')")
    console = {"program": OwnFile(file.resolve()).name}
    started = site.api("POST", f"/api/programs/{console['program']}/start?wait=30", {})
    assert started["state"] == "RUNNING"
    for path, first, most in (
        ("/ws/live", {}, 2),
        ("/ws/chat", {"room": "1", "name": "Ann"}, 1),
        ("/ws/console", console, 2),
    ):
        for _ in range(most):
            assert site.talk(path, first).hear()
        assert site.talk(path, first).close_code() == 4429, path


def test_a_reset_ends_everything_of_a_websocket(site: Any, eventually: Any) -> None:
    before = set(threading.enumerate())
    client = RawSocket(site)
    client.send(json.dumps({"token": TOKEN}))
    assert client.next(events.TextMessage)
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.sock.close()
    eventually(lambda: set(threading.enumerate()) <= before, "its threads end")


def test_fifty_browsers_hear_1001_before_any_of_them_has_answered(site: Any) -> None:
    clients = [RawSocket(site) for _ in range(50)]
    for client in clients:
        client.send(json.dumps({"token": TOKEN}))
        assert client.next(events.TextMessage)
    closing = threading.Thread(target=sockets.close_all, args=(2 * PATIENCE_S,))
    closing.start()
    heard = [client.next(events.CloseConnection) for client in clients]
    assert {one.code for one in heard} == {1001}
    for client in clients:
        client.sock.close()
    closing.join()


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


class NoDescriptor:
    """A connection of which there cannot be a second descriptor."""

    family = socket.AF_INET

    def __init__(self) -> None:
        self.sent = b""
        self.ended = False

    def setsockopt(self, *option: int) -> None: ...

    def dup(self) -> socket.socket:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def shutdown(self, how: int) -> None:
        self.ended = True


def test_a_websocket_without_a_descriptor_is_turned_away_in_words(app: Flask) -> None:
    connection = NoDescriptor()
    ws = SimpleNamespace(sock=connection, connected=True)
    with app.test_request_context("/ws/live"):
        sockets.serve(cast(Any, ws), lambda sock, first: None, 1)
    assert connection.sent == close_frame(CROWDED, "Too many open files; close some tabs")
    assert (connection.ended, ws.connected) == (True, False)


def test_a_loop_without_time_turns_a_websocket_away_and_serves_the_next(
    site: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sockets, "ADOPT_S", 0.1)
    busy = threading.Event()
    with sockets.LOOP.running() as loop, caplog.at_level(logging.WARNING):
        loop.call_soon_threadsafe(busy.wait, 10)
        client = RawSocket(site)
        assert client.rest().endswith(b"the machine is too busy; close some tabs")
        client.sock.close()
        monkeypatch.setattr(sockets, "ADOPT_S", 30.0)
        busy.set()
        assert site.talk("/ws/live", {}).hear()["type"] == "snapshot"
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == [
        "a websocket is turned away: the machine is too busy"
    ]
