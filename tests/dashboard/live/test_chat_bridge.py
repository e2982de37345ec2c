"""The browser's chat over a websocket, with raw clients in the same room."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard.live import chat_bridge, sockets


@pytest.fixture
def chat(api: Any) -> dict[str, Any]:
    view: dict[str, Any] = api.start("chat")
    return view


@pytest.fixture
def netcat(chat: dict[str, Any]) -> Iterator[Callable[..., socket.socket]]:
    opened = []

    def connect(room: str) -> socket.socket:
        sock = socket.create_connection((chat["host"], chat["port"]), 5)
        opened.append(sock)
        sock.sendall(room.encode() + b"\n")
        return sock

    yield connect
    for sock in opened:
        sock.close()


@pytest.fixture
def enter(chat: Any, channel: Callable[..., Any]) -> Callable[..., Any]:
    def join(name: str, room: str = "7") -> Any:
        talk = channel("/ws/chat", room=room, name=name)
        status = talk.next()["status"]
        assert (status["state"], status["room"]) == ("connected", room)
        talk.until(lambda m: m.get("joined", {}).get("own"))
        return talk

    return join


def message(body: str) -> Callable[[dict[str, Any]], Any]:
    return lambda m: m.get("message") if m.get("message", {}).get("body") == body else None


def test_browsers_and_netcat_in_one_room(enter: Any, netcat: Any) -> None:
    anya, tom = enter("Anya"), enter("Том")
    raw = netcat("7")
    anya.until(lambda m: m.get("joined", {}).get("kind") == "netcat")
    anya.send({"say": "<b>hello</b>", "id": "m1"})
    own = anya.until(message("<b>hello</b>"))
    assert (own["own"], own["id"], own["name"]) == (True, "m1", "Anya")
    heard = tom.until(message("<b>hello</b>"))
    assert (heard["own"], heard["name"]) == (False, "Anya")
    assert raw.recv(100) == b"Anya: <b>hello</b>\n"
    raw.sendall("я из netcat\n".encode())
    port = f":{raw.getsockname()[1]}"
    for talk in (anya, tom):
        got = talk.until(message("я из netcat"))
        assert got["name"] is None
        sender = got["from"] or talk.until(
            lambda m, seq=got["seq"]: m.get("from") if m.get("from", {}).get("seq") == seq else None
        )
        assert (sender["peer"], sender["kind"]) == (port, "netcat")


def test_a_netcat_that_pretends_to_be_somebody_is_found_out(enter: Any, netcat: Any) -> None:
    anya = enter("Anya")
    raw = netcat("7")
    raw.sendall(b"Anya: I am not me\n")
    got = anya.until(lambda m: m.get("message"))
    assert not got["own"]
    sender = got["from"] or anya.until(lambda m: m.get("from"))
    assert sender["kind"] == "netcat"


def test_joins_and_leaves_come_with_the_number_of_people(enter: Any, netcat: Any) -> None:
    anya = enter("Anya")
    tom = enter("Tom")
    joined = anya.until(lambda m: m.get("joined"))
    assert (joined["name"], joined["kind"], joined["people"]) == ("Tom", "browser", 2)
    tom.send({"leave": True})
    left = anya.until(lambda m: m.get("left"))
    assert (left["name"], left["people"]) == ("Tom", 1)


def test_exit_leaves(enter: Any) -> None:
    anya = enter("Anya")
    anya.send({"say": "exit"})
    assert anya.until(lambda m: m.get("status", {}).get("state") == "left")
    assert anya.close_code() == sockets.NORMAL


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", 5, None])
def test_what_is_no_line_is_refused_in_words(enter: Any, text: object) -> None:
    anya = enter("Anya")
    anya.send({"say": text, "id": "m1"})
    status = anya.until(lambda m: m.get("status"))
    assert (status["state"], status["id"]) == ("bad_text", "m1")
    assert status["message"]


def test_too_long_a_message_is_refused_and_a_long_one_arrives_whole(enter: Any) -> None:
    anya = enter("Anya")
    anya.send({"say": "x" * 66_000, "id": "m1"})
    assert anya.until(lambda m: m.get("status"))["state"] == "too_long"
    text = "я" * 32_000
    anya.send({"say": text})
    assert anya.until(message(text))["own"]


@pytest.mark.parametrize(
    ("first", "state"),
    [
        ({"room": "77", "name": "A"}, "bad_room"),
        ({"room": "", "name": "A"}, "bad_room"),
        ({"room": "\n", "name": "A"}, "bad_room"),
        ({"room": 7, "name": "A"}, "bad_room"),
        ({"room": "7", "name": ""}, "bad_name"),
        ({"room": "7", "name": "x" * 33}, "bad_name"),
        ({"room": "7", "name": "a: b"}, "bad_name"),
    ],
)
def test_a_room_is_one_character_and_a_name_is_a_name(
    chat: Any, channel: Callable[..., Any], first: dict[str, Any], state: str
) -> None:
    talk = channel("/ws/chat", **first)
    assert talk.next()["status"]["state"] == state
    assert talk.close_code() == sockets.BAD_FRAME


def test_a_server_that_is_stopped_is_said(api: Any, enter: Any, channel: Any) -> None:
    anya = enter("Anya")
    api("POST", "/api/servers/chat/stop?wait=5")
    assert anya.until(lambda m: m.get("status"))["state"] in ("lost", "not_running")
    assert anya.close_code() == sockets.NOT_RUNNING
    again = channel("/ws/chat", room="7", name="Anya")
    assert again.next()["status"]["state"] == "not_running"
    assert again.close_code() == sockets.NOT_RUNNING


def test_fifty_browsers_chat_at_once(chat: Any, enter: Any) -> None:
    talks = [enter(f"user{number}") for number in range(50)]
    for number, talk in enumerate(talks):
        talk.send({"say": f"message {number}"})
    for talk in talks:
        heard: set[str] = set()

        def all_heard(m: dict[str, Any], heard: set[str] = heard) -> bool:
            if "message" in m:
                heard.add(m["message"]["body"])
            return len(heard) == 50

        talk.until(all_heard, 500)


def test_whoever_says_a_lot_at_once_throws_no_browser_out(
    enter: Any, netcat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "QUEUE_BYTES", 256 * 1024)
    monkeypatch.setattr(sockets, "PACE_BYTES", 16 * 1024)
    anya, raw = enter("Anya"), netcat("7")
    count = 3_000
    raw.sendall(b"".join(b"line %d\n" % number for number in range(count)))
    heard: list[str] = []

    def all_heard(m: dict[str, Any]) -> bool:
        if "message" in m:
            heard.append(m["message"]["text"])
        return len(heard) == count

    anya.until(all_heard, 10 * count)
    assert heard == [f"line {number}" for number in range(count)]


def test_silence_is_no_end(
    enter: Any, netcat: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    monkeypatch.setattr(chat_bridge, "SEND_S", 0.05)
    anya = enter("Anya")
    began = time.monotonic()
    eventually(lambda: time.monotonic() > began + 0.2, "several time-outs have passed")
    netcat("7").sendall(b"still there\n")
    assert anya.until(message("still there"))["text"] == "still there"


def test_a_chat_server_that_hangs_is_given_up(
    chat: dict[str, Any], enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_bridge, "SEND_S", 0.2)
    anya = enter("Anya")
    os.kill(chat["pid"], signal.SIGSTOP)
    try:
        for _ in range(150):
            anya.send({"say": "x" * 60_000})
        lost = anya.until(lambda m: m.get("status", {}).get("state") == "lost")
    finally:
        os.kill(chat["pid"], signal.SIGCONT)
    assert lost
