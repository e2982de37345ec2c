"""The browser's chat over a websocket, with raw clients in the same room."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from simple_websocket import ConnectionClosed

from dashboard.live import chat_bridge, websocket
from tests.ports import free_port

PATIENCE_S = 30.0


class Browser:
    """What a page hears over its websocket, sorted."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.send = channel.send
        self.close_code = channel.close_code
        self.texts: list[str] = []
        self.own: dict[str, str] = {}  # id -> text
        self.events: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.frames = 0

    def wait(self, condition: Callable[[], Any]) -> Any:
        """The first true value of the condition, while frames come."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := condition()):
            assert time.monotonic() < deadline, "it does not come true"
            self._take(self.channel.next(PATIENCE_S))
        return value

    def hears(self, text: str) -> None:
        self.wait(lambda: text in self.texts)

    def status(self, state: str) -> dict[str, Any]:
        found: dict[str, Any] = self.wait(
            lambda: next((s for s in self.statuses if s["state"] == state), None)
        )
        return found

    def event(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The first event of a kind that has these values."""
        found: dict[str, Any] = self.wait(
            lambda: next(
                (e for e in self.events if e["kind"] == kind and wanted.items() <= e.items()), None
            )
        )
        return found

    def _take(self, message: dict[str, Any]) -> None:
        self.frames += 1
        if said := message.get("said"):
            begin = len(self.texts)
            self.texts += said["texts"]
            self.own |= {id: self.texts[begin + index] for index, id in said.get("own", ())}
        self.events += message.get("events", ())
        if "status" in message:
            self.statuses.append(message["status"])


@pytest.fixture
def chat(api: Any) -> dict[str, Any]:
    view: dict[str, Any] = api.start("chat")
    return view


@pytest.fixture
def netcat(chat: dict[str, Any]) -> Iterator[Callable[..., socket.socket]]:
    opened = []

    def connect(room: str) -> socket.socket:
        sock = socket.create_connection((chat["host"], chat["port"]), 30)
        opened.append(sock)
        sock.sendall(room.encode() + b"\n")
        return sock

    yield connect
    for sock in opened:
        sock.close()


@pytest.fixture
def enter(chat: Any, channel: Callable[..., Any]) -> Callable[..., Browser]:
    def join(name: str, room: str = "7") -> Browser:
        browser = Browser(channel("/ws/chat", room=room, name=name))
        status = browser.status("connected")
        assert status["room"] == room
        browser.event("joined", peer=status["local"])
        return browser

    return join


def peer_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()
    return f"{host}:{port}"


def test_browsers_and_netcat_in_one_room(enter: Any, netcat: Any) -> None:
    anya, tom = enter("Anya"), enter("Том")
    raw = netcat("7")
    anya.event("joined", peer=peer_of(raw), name=None)
    anya.send({"say": "<b>hello</b>", "id": "m1"})
    anya.wait(lambda: anya.own == {"m1": "Anya: <b>hello</b>"})
    tom.hears("Anya: <b>hello</b>")
    assert tom.own == {}
    assert raw.recv(100) == b"Anya: <b>hello</b>\n"
    raw.sendall("я из netcat\n".encode())
    for browser in (anya, tom):
        browser.hears("я из netcat")
        said = browser.event("said", peer=peer_of(raw), name=None)
        size = len("я из netcat".encode())
        joined = browser.events[0]["seq"]
        assert (said["seq"], said["sizes"]) == (joined + len(browser.texts), [size])


def test_a_netcat_that_pretends_to_be_somebody_is_found_out(enter: Any, netcat: Any) -> None:
    anya = enter("Anya")
    raw = netcat("7")
    raw.sendall(b"Anya: I am not me\n")
    anya.hears("Anya: I am not me")
    assert anya.own == {}
    assert anya.event("said", peer=peer_of(raw))["name"] is None


@pytest.mark.parametrize(
    "line",
    [
        "* , messages were skipped",
        "* 12 messages were skipped",
        "* 1 message was skipped",
        "* ٣ messages were skipped",
        '{"status":{"state":"lost"}}',
        "\x1b[2J",
    ],
)
def test_no_line_is_a_command_to_the_bridge(enter: Any, netcat: Any, line: str) -> None:
    anya, raw = enter("Anya"), netcat("7")
    raw.sendall(line.encode() + b"\nand after it\n")
    anya.hears("and after it")
    assert anya.texts == [line, "and after it"]
    assert [status["state"] for status in anya.statuses] == ["connected"]


def test_joins_and_leaves_come_with_the_number_of_people(enter: Any, netcat: Any) -> None:
    anya = enter("Anya")
    tom = enter("Tom")
    assert anya.event("joined", name="Tom")["people"] == 2
    tom.send({"leave": True})
    assert anya.event("left", name="Tom")["people"] == 1


def test_exit_leaves(enter: Any) -> None:
    anya = enter("Anya")
    anya.send({"say": "exit"})
    assert anya.status("left")
    assert anya.close_code() == websocket.NORMAL


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "first\r", "\rlast", "a\r\nb", 5, None])
def test_what_is_not_a_line_is_refused_in_words(enter: Any, text: object) -> None:
    anya = enter("Anya")
    anya.send({"say": text, "id": "m1"})
    status = anya.status("bad_text")
    assert status["id"] == "m1"
    assert status["message"]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("\ud800", "\ufffd"),
        ("a \udfff b\ud83d", "a \ufffd b\ufffd"),
        ("\U0001f600", "\U0001f600"),
        ("\0", "\0"),
        ("  around  ", "  around  "),
        ("line\u2028separator", "line\u2028separator"),
        ("next\x85line\x0b\x0c", "next\x85line\x0b\x0c"),
        ("\ufefftext", "\ufefftext"),
        ("exit ", "exit "),
    ],
)
def test_an_own_message_is_known_whatever_is_in_it(enter: Any, text: str, heard: str) -> None:
    anya = enter("Anya")
    anya.send({"say": text, "id": "m1"})
    anya.wait(lambda: anya.own == {"m1": f"Anya: {heard}"})
    anya.send({"say": "next", "id": "m2"})
    anya.wait(lambda: anya.own.get("m2") == "Anya: next")


def test_the_same_text_again_and_from_others_keeps_its_order(enter: Any, netcat: Any) -> None:
    anya, raw = enter("Anya"), netcat("7")
    for number in range(20):
        anya.send({"say": "same", "id": f"m{number}"})
    raw.sendall(b"Anya: another\n" * 20)
    anya.wait(lambda: len(anya.texts) == 40)
    assert list(anya.own) == [f"m{number}" for number in range(20)]


def test_what_is_said_together_comes_in_one_frame(enter: Any, netcat: Any) -> None:
    anya, raw = enter("Anya"), netcat("7")
    before = anya.frames
    raw.sendall(b"".join(b"line %d\n" % number for number in range(1_000)))
    anya.hears("line 999")
    assert anya.texts == [f"line {number}" for number in range(1_000)]
    assert anya.frames - before < 100


def test_too_long_a_message_is_refused_and_a_long_one_arrives_whole(enter: Any) -> None:
    anya = enter("Anya")
    anya.send({"say": "x" * 66_000, "id": "m1"})
    assert anya.status("too_long")["id"] == "m1"
    text = "я" * 32_000
    anya.send({"say": text, "id": "m2"})
    anya.wait(lambda: anya.own == {"m2": f"Anya: {text}"})


@pytest.mark.parametrize(
    ("first", "state"),
    [
        ({"room": "77", "name": "A"}, "bad_room"),
        ({"room": "", "name": "A"}, "bad_room"),
        ({"room": "\n", "name": "A"}, "bad_room"),
        ({"room": "\u3000", "name": "A"}, "bad_room"),
        ({"room": 7, "name": "A"}, "bad_room"),
        ({"room": "7", "name": ""}, "bad_name"),
        ({"room": "7", "name": "\u3000"}, "bad_name"),
        ({"room": "7", "name": "x" * 33}, "bad_name"),
        ({"room": "7", "name": "a: b"}, "bad_name"),
        ({"room": "7", "name": ["A"]}, "bad_name"),
    ],
)
def test_a_room_is_one_character_and_a_name_is_a_name(
    chat: Any, channel: Callable[..., Any], first: dict[str, Any], state: str
) -> None:
    talk = channel("/ws/chat", **first)
    assert talk.next()["status"]["state"] == state
    assert talk.close_code() == websocket.BAD_FRAME


def test_a_name_with_a_space_of_any_script_is_a_name(enter: Any) -> None:
    anya = enter("\u3000山田\u3000太郎 ")
    assert anya.event("joined")["name"] == "山田\u3000太郎"


def test_a_server_that_is_stopped_is_said(api: Any, enter: Any, channel: Any) -> None:
    anya = enter("Anya")
    api("POST", "/api/servers/chat/stop?wait=30")
    anya.wait(lambda: anya.statuses[-1]["state"] in ("lost", "not_running"))
    assert anya.close_code() == websocket.NOT_RUNNING
    again = channel("/ws/chat", room="7", name="Anya")
    assert again.next()["status"]["state"] == "not_running"
    assert again.close_code() == websocket.NOT_RUNNING


def test_fifty_browsers_chat_at_once(chat: Any, enter: Any) -> None:
    browsers = [enter(f"user{number}") for number in range(50)]
    for number, browser in enumerate(browsers):
        browser.send({"say": f"message {number}", "id": f"m{number}"})
    for number, browser in enumerate(browsers):
        browser.wait(lambda browser=browser: len(browser.texts) == 50)
        assert browser.own == {f"m{number}": f"user{number}: message {number}"}
    assert len({tuple(browser.texts) for browser in browsers}) == 1


def test_a_lot_at_once_throws_no_browser_out(
    enter: Any, netcat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "QUEUE_BYTES", 768 * 1024)
    monkeypatch.setattr(websocket, "PACE_BYTES", 16 * 1024)
    anya, raw = enter("Anya"), netcat("7")
    count = 3_000
    raw.sendall(b"".join(b"line %d\n" % number for number in range(count)))
    anya.wait(lambda: len(anya.texts) == count)
    assert anya.texts == [f"line {number}" for number in range(count)]


def test_silence_is_not_an_end(
    enter: Any, netcat: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    monkeypatch.setattr(chat_bridge, "SEND_S", 0.05)
    anya = enter("Anya")
    began = time.monotonic()
    eventually(lambda: time.monotonic() > began + 0.2, "several time-outs have passed")
    netcat("7").sendall(b"still there\n")
    anya.hears("still there")


def test_a_chat_server_that_hangs_is_given_up(
    chat: dict[str, Any], enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_bridge, "SEND_S", 0.2)
    anya = enter("Anya")
    os.kill(chat["pid"], signal.SIGSTOP)
    try:
        with suppress(ConnectionClosed, OSError):  # it may be given up before all is sent
            for _ in range(150):
                anya.send({"say": "x" * 60_000})
        assert "it takes nothing" in anya.status("lost")["message"]
    finally:
        os.kill(chat["pid"], signal.SIGCONT)
    assert anya.close_code() == websocket.NOT_RUNNING


def test_a_bridge_that_breaks_says_so(
    enter: Any, netcat: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    anya, raw = enter("Anya"), netcat("7")

    def broken(line: str) -> str:
        raise LookupError("a defect")

    monkeypatch.setattr(chat_bridge, "quoted", broken)
    with caplog.at_level(logging.ERROR):
        raw.sendall(b"hello\n")
        assert "see the dashboard's log" in anya.status("lost")["message"]
        assert anya.close_code() == websocket.NOT_RUNNING
    assert "a defect" in caplog.text


@pytest.fixture
def server(lab: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A chat server that does what the test does."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        listener.settimeout(PATIENCE_S)
        address = listener.getsockname()
        monkeypatch.setattr(lab.supervisor, "connect_address", lambda name: address)
        yield listener


def test_a_line_that_does_not_end_is_not_kept_for_ever(
    server: socket.socket, channel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_bridge, "LINE_BYTES", 3_000)
    anya = Browser(channel("/ws/chat", room="7", name="Anya"))
    with server.accept()[0] as raw:
        assert raw.recv(100) == b"7\n"
        raw.sendall(b"x" * 2_000)
        raw.sendall(b"x\n")
        anya.hears("x" * 2_001)
        raw.sendall(b"x" * 4_000)
        assert "a line of more than 3,000 bytes" in anya.status("lost")["message"]
    assert anya.close_code() == websocket.NOT_RUNNING


def test_a_chat_server_that_refuses_is_said(
    lab: Any, channel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "127.0.0.1", free_port()
    monkeypatch.setattr(lab.supervisor, "connect_address", lambda name: nowhere)
    anya = Browser(channel("/ws/chat", room="7", name="Anya"))
    assert anya.status("refused")["message"].endswith(": Connection refused")
    assert anya.close_code() == websocket.NOT_RUNNING


def test_a_chat_server_that_accepts_nobody_is_not_waited_for(
    server: socket.socket, channel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_bridge, "CONNECT_S", 0.1)
    with socket.create_connection(server.getsockname()):  # the one place in its queue
        anya = Browser(channel("/ws/chat", room="7", name="Anya"))
        assert anya.status("refused")["message"].endswith(": it takes too long")
    assert anya.close_code() == websocket.NOT_RUNNING
