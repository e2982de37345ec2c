"""A recorded connection as a conversation: turns, what the server said first, what cannot be used."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import NotNow
from dashboard.recording.streams import Stream
from dashboard.recording.talk import recorded
from labservers.observe.observed import Point


def point(call: str, data: bytes, **more: Any) -> Point:
    values = dict.fromkeys(Point._fields)
    given = {"call": call, "bytes": len(data), "data": base64.b64encode(data).decode(), **more}
    return Point(**{**values, **given})


def stream(**more: Any) -> Stream:
    return Stream(5, 4, 0.0, **more)


def test_calls_become_turns_and_pieces_of_one_side_are_joined() -> None:
    calls = [
        ("send", b"name?"),
        ("accept", b""),
        ("recv", b"An"),
        ("recv", b"na\n"),
        ("send", b"hi "),
        ("sendall", b"Anna"),
        ("recv", b"\xff"),
    ]
    talk = recorded(stream(), [point(*call) for call in calls])
    assert talk["greeting"] == "name?"
    assert talk["turns"] == [
        {"send": "Anna\n", "answer": "hi Anna"},
        {"send": {"base64": "/w=="}, "answer": None},
    ]


@pytest.mark.parametrize(
    ("of", "calls"),
    [
        (stream(lost=1), [point("recv", b"a")]),
        (stream(event="listening"), [point("recv", b"a")]),
        (stream(), [point("send", b"a")]),
        (stream(), [point("recv", b"a", cut=1)]),
        (
            stream(),
            [call for _ in range(99) for call in (point("recv", b"a"), point("send", b"b"))],
        ),
    ],
)
def test_what_cannot_be_held_again_says_why(of: Stream, calls: list[Point]) -> None:
    with pytest.raises(NotNow) as refused:
        recorded(of, calls)
    assert refused.value.next_step


def read(written: Any) -> bytes:
    if written is None:
        return b""
    return written.encode() if isinstance(written, str) else base64.b64decode(written["base64"])


@given(
    st.lists(
        st.tuples(st.sampled_from(["recv", "send"]), st.binary(min_size=1, max_size=20)),
        max_size=40,
    )
)
def test_no_byte_is_lost(calls: list[tuple[str, bytes]]) -> None:
    try:
        talk = recorded(stream(), [point(*call) for call in calls])
    except NotNow:
        return
    sent = b"".join(data for call, data in calls if call == "recv")
    got = b"".join(data for call, data in calls if call == "send")
    assert b"".join(read(turn["send"]) for turn in talk["turns"]) == sent
    assert read(talk["greeting"]) + b"".join(read(turn["answer"]) for turn in talk["turns"]) == got
