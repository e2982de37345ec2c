"""Conversations from a file, and from the calls of a client."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.checks.learned import TalkError, agreed, from_file, of_points, recording
from labservers.observe.observed import Point


def written(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(value), "utf-8")
    return path


def test_a_file_as_people_write_it(tmp_path: Path) -> None:
    file = written(tmp_path, {"turns": [{"send": "3 4\n", "answer": "5.0\n"}]})
    recorded = from_file(file, "math")
    assert recorded.talk.turns[0].send == b"3 4\n"
    assert recorded.trial.answer == b"5.0\n"
    assert (recorded.talk.framed, recorded.talk.task) == ("line", "math")


def test_a_file_as_an_editor_saves_it_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    text = '{"turns": [{"send": "\ufeffчай\\n", "answer": "\ufeffok"}]}'
    path.write_text(text, "utf-8-sig")
    recorded = from_file(path, None)
    assert recorded.talk.turns[0].send == "\ufeffчай\n".encode()  # the mark of the file alone
    assert recorded.trial.answer == "\ufeffok".encode()


def test_a_file_as_it_is_recorded(tmp_path: Path) -> None:
    bad = {"base64": base64.b64encode(b"\xff\xfe").decode()}
    value = {"datagram": True, "greeting": None, "ends": "either"}
    recorded = from_file(
        written(tmp_path, {**value, "turns": [{"send": bad, "answer": bad}]}), None
    )
    assert recorded.talk.turns[0].send == b"\xff\xfe"
    assert (recorded.talk.datagram, recorded.talk.task) == (True, "hello")


@pytest.mark.parametrize(
    ("send", "framed"),
    [
        (b"\0\0\0\x05hello", "length"),
        (b"\x05\0hello", "length"),
        (b"\x05\0hell", "recv"),
        (b"\0\0", "recv"),
        (b"hello\n", "line"),
        (b'{"a": 1}', "json"),
    ],
)
def test_where_a_request_ends(send: bytes, framed: str) -> None:
    assert recording([(send, b"yes")], None).talk.framed == framed


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"turns": []},
        {"turns": [{"answer": "a"}]},
        {"turns": [{"send": "a", "answer": None}]},
        {"turns": [{"send": 7, "answer": "a"}]},
        {"turns": [{"send": {"base64": "?"}, "answer": "a"}]},
        {"datagram": "yes", "turns": [{"send": "a", "answer": "b"}]},
    ],
)
def test_what_is_not_a_conversation_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(TalkError):
        from_file(written(tmp_path, value), None)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "\ufeff\ufeff{}", "\ufeff", '{"turns": NaN}', '{"turns": [{"send": "a"']
)
def test_what_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "talk.json"
    path.write_text(text, "utf-8")
    with pytest.raises(TalkError):
        from_file(path, None)


def test_a_request_that_nests_without_end_is_a_request() -> None:
    assert recording([(b"[" * 100_000, b"no")], None).talk.framed == "recv"


@pytest.mark.parametrize(
    ("send", "framed"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "http"),
        (b'{"a": 3}', "json"),
        (b'{"a": 3}\n', "line"),
        (b"3 4", "recv"),
        (b"7", "recv"),
    ],
)
def test_where_a_request_ends_is_read_off_its_bytes(send: bytes, framed: str) -> None:
    assert recording([(send, b"a")], None).talk.framed == framed


def point(call: str, data: bytes, at: float, **more: Any) -> Point:
    kept = base64.b64encode(data).decode()
    return Point(1, at, "MainThread", "a.py:1", "f", 1, 3, call, 5, len(data), kept, **more)


def test_sends_in_one_go_are_one_request_and_a_pause_makes_two() -> None:
    calls = [
        point("recv", b"Welcome\n", 0.5),
        point("send", b"3", 1.0),
        point("send", b" 4\n", 1.001),
        point("recv", b"5", 1.1),
        point("recv", b".0\n", 1.2),
        point("send", b"next", 2.0),
        point("send", b"bye", 3.0),
    ]
    turns, greeting = of_points(calls)
    assert greeting == b"Welcome\n"
    assert turns == [(b"3 4\n", b"5.0\n"), (b"next", None), (b"bye", None)]


def test_a_request_of_which_a_part_is_not_kept_cannot_be_held_again() -> None:
    with pytest.raises(TalkError, match="longer"):
        of_points([point("send", b"abc", 1.0, cut=3)])


@given(st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_an_answer_that_stays_the_same_is_expected(send: bytes, answer: bytes) -> None:
    recorded = recording([(send, answer)], None)
    assert agreed(recorded, recorded.talk) == recorded.talk


def test_another_answer_than_the_recorded_one_is_not_what_is_expected() -> None:
    recorded = recording([(b"3 4\n", b"the result is 5.0\n")], None)
    now = recording([(b"3 4\n", b"error\n")], None)
    everything = replace(now.talk, turns=(replace(now.talk.turns[0], answer=b".*?"),))
    assert agreed(recorded, everything).turns == recorded.talk.turns
