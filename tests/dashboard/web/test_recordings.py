"""Recorded calls over HTTP and on the live channel."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from labservers.observe import messages, observed
from tests.dashboard.recording import pcapng_reader


def told(site: Any, *batch: messages.Message) -> None:
    """What an observed program says; the life before its first start has the number 0."""
    for message in batch:
        site.lab.supervisor.server("chat").reports.observed(message, 0)


def socket(id: int, event: str, **more: Any) -> observed.SocketEvent:
    ends = {"local": "127.0.0.1:8004", "peer": "127.0.0.1:5001", "listener": 1, **more}
    return observed.SocketEvent(5.0, id, id, "AF_INET", "stream", event, **ends)


def point(n: int, call: str, data: bytes, id: int = 2) -> observed.Point:
    text = base64.b64encode(data).decode()
    return observed.Point(
        n, 5.0 + n, "Thread-1", "chat.py:9", "serve", id, id, call, 10, len(data), text
    )


@pytest.fixture
def recorded(site: Any) -> Any:
    """A conversation with one client of the chat."""
    told(
        site,
        observed.SocketEvents(5.0, [socket(1, "listening", peer=None), socket(2, "accepted")]),
        observed.Points(5.0, [point(1, "recv", b"hello\n"), point(2, "sendall", b"HELLO\n")], 0),
        observed.Points(6.0, [point(5, "recv", b"again\xff", id=3)], 2),
    )
    return site


def get(site: Any, path: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(site.url + path, timeout=30) as answer:
        return answer.headers["Content-Disposition"], answer.read()


def test_points_are_read_from_a_number_on_and_of_one_stream(recorded: Any) -> None:
    whole = recorded.api("GET", "/api/programs/chat/wire")
    assert [p["n"] for p in whole["points"]] == [1, 2, 5]
    assert (whole["next"], whole["lost"]) == (5, 2)
    assert base64.b64decode(whole["points"][0]["data"]) == b"hello\n"
    assert [p["stream"] for p in whole["points"]] == [2, 2, 3]
    later = recorded.api("GET", "/api/programs/chat/wire?since=1&limit=1")
    assert [p["n"] for p in later["points"]] == [2]
    one = recorded.api("GET", "/api/programs/chat/wire?stream=3")
    assert [p["n"] for p in one["points"]] == [5]


def test_a_recording_is_taken_away_as_text_bytes_and_packets(recorded: Any) -> None:
    name, text = get(recorded, "/api/programs/chat/wire.txt?stream=3")
    assert name == 'attachment; filename="chat.txt"'
    assert text.decode().splitlines()[1] == r"    < again\xff"
    assert get(recorded, "/api/programs/chat/wire.raw?stream=2&way=out")[1] == b"HELLO\n"
    assert get(recorded, "/api/programs/chat/wire.raw?stream=2&way=in")[1] == b"hello\n"
    name, file = get(recorded, "/api/programs/chat/wire.pcapng")
    assert name == 'attachment; filename="chat.pcapng"'
    capture = pcapng_reader.read(file)
    assert [p.payload for p in capture.packets if p.payload] == [b"hello\n", b"HELLO\n"]
    assert capture.comment.startswith("Group chat. ")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nobody/wire", 404),
        ("nobody/wire.pcapng", 404),
        ("chat/wire?since=-1", 422),
        ("chat/wire?limit=0", 422),
        ("chat/wire?stream=x", 422),
        ("chat/wire.raw?stream=2&way=up", 422),
        ("chat/wire.txt?stream=1.5", 422),
    ],
)
def test_bad_questions_are_refused_with_the_next_step(site: Any, path: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{site.url}/api/programs/{path}", timeout=30)
    with caught.value as answer:
        assert answer.code == status
        assert b"next_step" in answer.read()


def test_nothing_recorded_is_an_empty_answer(site: Any) -> None:
    assert site.api("GET", "/api/programs/page/wire")["points"] == []
    assert get(site, "/api/programs/page/wire.raw?stream=7")[1] == b""
    assert get(site, "/api/programs/page/wire.txt")[1] == b""
    assert pcapng_reader.read(get(site, "/api/programs/page/wire.pcapng")[1]).packets == []


def events(talk: Any, *kinds: str) -> dict[str, Any]:
    """The first event of each kind."""
    found: dict[str, Any] = {}
    while found.keys() < set(kinds):
        message = talk.hear()
        if message["type"] == "delta":
            talk.tell({"ack": message["seq"]})
            for event in message["events"]:
                found.setdefault(event["kind"], event)
    return found


def test_a_tab_begins_with_what_is_recorded_and_hears_what_follows(recorded: Any) -> None:
    talk = recorded.talk("/ws/live", {"subscribe": ["wire:chat", "streams:chat", "code:chat"]})
    first = events(talk, "wire", "streams", "code")
    assert [line["n"] for line in first["wire"]["lines"]] == [1, 2, 5]
    streams = first["streams"]
    assert [(s["id"], s["state"], s["bytes_in"]) for s in streams["streams"]] == [
        (1, "listening", 0),
        (2, "open", 6),
        (3, "open", 6),
    ]
    assert streams["total"] == 3
    told(recorded, observed.Points(7.0, [point(9, "recv", b"x")], 3))
    following = events(talk, "wire")["wire"]
    assert [line["n"] for line in following["lines"]] == [9]
    assert following["skipped"] == 3


def test_lines_and_threads_become_a_picture_of_the_code(recorded: Any) -> None:
    row = observed.ThreadRow(1, "Thread-1", True, "chat.py:9", "serve", "recv", 4.5, socket=2)
    computes = observed.ThreadRow(2, "Thread-2", True, "chat.py:9", "serve")
    task = observed.TaskRow("chat.py:30", "talk", 20, "generator", 1.0, [2])
    told(
        recorded,
        observed.Lines(6.0, [observed.LineCount("chat.py:9", "serve", 7, 1, 60, 70, 80)]),
        observed.Threads(6.0, 2, [row, computes], [], [task], 20, None),
    )
    talk = recorded.talk("/ws/live", {"subscribe": ["code:chat", "threads:chat"]})
    first = events(talk, "code", "threads")
    assert first["code"]["lines"]["chat.py:9"]["bytes_out"] == 70
    standing = {row["line"]: row for row in first["code"]["standing"]}
    assert (standing["chat.py:9"]["count"], standing["chat.py:9"]["call"]) == (2, "recv")
    assert standing["chat.py:9"]["threads"] == ["Thread-1", "Thread-2"]
    assert standing["chat.py:9"]["peers"] == ["127.0.0.1:5001"]
    assert (standing["chat.py:30"]["tasks"], standing["chat.py:30"]["count"]) == (20, 0)
    assert first["threads"]["threads"][0]["waited_s"] == 4.5


def test_a_recorded_conversation_is_saved_for_a_check(recorded: Any) -> None:
    saved, body = get(recorded, "/api/programs/chat/talk.json?stream=2")
    assert saved == 'attachment; filename="chat-2.talk.json"'
    turns = json.loads(body)
    assert "hello" in str(turns)
    assert "HELLO" in str(turns)
    missing = recorded.api("GET", "/api/programs/chat/talk.json?stream=9")
    assert (missing["status"], missing["error"]["next_step"]) == (422, "see the wire")
    held = recorded.api("POST", "/api/programs/chat/check", {"stream": 2})
    assert (held["status"], held["error"]["code"]) == (409, "not_running")
