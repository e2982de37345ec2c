"""The live websocket: token, snapshot, numbered deltas, topics, and how it ends."""

import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from dashboard import sockets
from labservers.registry import SERVERS


def kind(what: str, **wanted: Any) -> Callable[[dict[str, Any]], Any]:
    """Finds an event of a kind in a delta."""

    def find(message: dict[str, Any]) -> Any:
        for event in message.get("events", []):
            if event["kind"] == what and all(event.get(k) == v for k, v in wanted.items()):
                return event
        return None

    return find


def state(wanted: str) -> Callable[[dict[str, Any]], Any]:
    def find(message: dict[str, Any]) -> bool:
        return any(
            event["kind"] == "server" and event["server"]["state"] == wanted
            for event in message.get("events", [])
        )

    return find


def test_a_snapshot_then_numbered_deltas(api: Any, channel: Callable[..., Any]) -> None:
    live = channel("/ws/live", subscribe=[])
    first = live.next()
    assert (first["type"], first["seq"]) == ("snapshot", 1)
    assert [view["name"] for view in first["servers"]] == list(SERVERS)
    api.start("chat")
    numbers = []

    def running(message: dict[str, Any]) -> bool:
        numbers.append(message["seq"])
        live.send({"ack": message["seq"]})
        return state("RUNNING")(message)

    live.until(running)
    assert numbers == list(range(2, 2 + len(numbers)))
    live.send({"ping": 7})
    assert live.until(lambda m: m.get("type") == "pong" and m["ping"] == 7)


def test_a_crash_is_told(api: Any, lab: Any, channel: Callable[..., Any]) -> None:
    import os
    import signal

    pid = api.start("page")["pid"]
    live = channel("/ws/live")
    live.next()
    os.kill(pid, signal.SIGKILL)
    live.until(state("FAILED"))
    assert api("GET", "/api/servers/page")[1]["failure"]["signal"] == "SIGKILL"


def test_topics_bring_rows_logs_and_ten_frames_of_the_loop(
    api: Any, channel: Callable[..., Any]
) -> None:
    api.start("subjects")
    live = channel("/ws/live", subscribe=["loop", "rows:subjects", "logs:subjects", "nonsense"])
    live.next()

    def acknowledged(find: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def seen(message: dict[str, Any]) -> Any:
            live.send({"ack": message["seq"]})
            return find(message)

        return seen

    logs = live.until(acknowledged(kind("logs", name="subjects")))
    assert "listening" in logs["lines"][0]["text"]
    for _ in range(5):
        frame = live.until(acknowledged(kind("loop")))["frame"]
    assert frame["loop"]["reading"] >= 1
    assert frame["loop"]["tokens"]
    rows = live.until(acknowledged(kind("rows", name="subjects")))["rows"]
    assert rows["kind"] == "tasks"


@pytest.mark.parametrize("path", ["/ws/live", "/ws/chat"])
@pytest.mark.parametrize("token", [None, "wrong", 5])
def test_a_bad_token_is_closed_with_its_code(
    channel: Callable[..., Any], path: str, token: object
) -> None:
    assert channel(path, token=token).close_code() == sockets.BAD_TOKEN


def test_a_foreign_origin_is_closed_with_its_code(channel: Callable[..., Any]) -> None:
    opened = channel("/ws/live", headers={"Origin": "http://evil.example"})
    assert opened.close_code() == sockets.BAD_ORIGIN


@pytest.mark.parametrize("junk", ["{", "[]", "5", '{"subscribe": 5}', '{"subscribe": [5]}'])
def test_junk_is_closed_with_its_code(channel: Callable[..., Any], junk: str) -> None:
    live = channel("/ws/live")
    live.next()
    live.send(junk)
    assert live.close_code() == sockets.BAD_FRAME


def test_an_exception_is_1011_and_logged(
    channel: Callable[..., Any], lab: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(lab.broadcaster, "subscribe", lambda topics: 1 / 0)
    assert channel("/ws/live").close_code() == sockets.BROKEN
    assert "ZeroDivisionError" in caplog.text


def test_every_browser_is_told_that_the_dashboard_goes_away(channel: Callable[..., Any]) -> None:
    opened = [channel("/ws/live") for _ in range(5)]
    for live in opened:
        live.next()
    sockets.close_all()
    assert [live.close_code() for live in opened] == [sockets.GOING_AWAY] * 5


def test_after_the_close_no_http_follows_on_the_wire(url: str) -> None:
    """Werkzeug would write a response behind the Close frame, which browsers report as 1006."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 5) as raw:
        raw.sendall(
            f"GET /ws/live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n".encode()
        )
        received = raw.recv(4096)  # Werkzeug would read on into what comes with the request
        with contextlib.suppress(ConnectionResetError):
            raw.sendall(b"\x81\x82\0\0\0\0{}")  # a masked text frame: an object without a token
            while piece := raw.recv(65536):
                received += piece
    head, _, frames = received.partition(b"\r\n\r\n")
    assert b"101" in head
    assert b"permessage-deflate" not in head
    assert b"HTTP/1." not in frames
    assert frames[:1] == b"\x88"
