"""Bytes, blocks, lanes and stories as the page makes them, in the browser's own JavaScript."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.browser.models import call
from tests.browser.scripted import base64_of, lock, point, stream, thread


def octets(data: bytes) -> dict[str, list[int]]:
    return {"bytes": list(data)}


BROWSER = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@BROWSER
@given(st.one_of(st.binary(max_size=40), st.text(max_size=12).map(str.encode)))
def test_the_first_byte_that_is_not_utf8_is_pythons(model: Page, data: bytes) -> None:
    found = call(model, "hex", "notUtf8", octets(data))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        half = error.reason == "unexpected end of data"
        assert found == {"at": error.start, "half": half}
    else:
        assert found is None


@BROWSER
@given(st.binary(max_size=70), st.sampled_from([8, 16]))
def test_rows_hold_all_bytes_and_a_mark_for_each(model: Page, data: bytes, width: int) -> None:
    rows = call(model, "hex", "hexRows", octets(data), width)
    assert bytes(byte for row in rows for byte in row["bytes"]["bytes"]) == data
    assert all(len(row["marks"]) == len(row["bytes"]["bytes"]) <= width for row in rows)
    assert [row["at"] for row in rows] == list(range(0, len(data), width))


@BROWSER
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=5))
def test_pieces_cover_a_row_once(model: Page, marks: list[tuple[int, int]]) -> None:
    given_marks = [{"from": at, "to": at + size, "cls": "x"} for at, size in marks]
    pieces = call(model, "hex", "pieces", 4, 16, given_marks)
    assert [piece["from"] for piece in pieces] == [4, *(piece["to"] for piece in pieces[:-1])]
    assert pieces[-1]["to"] == 16
    for piece in pieces:
        inside = any(at <= piece["from"] and piece["to"] <= at + size for at, size in marks)
        assert (piece["cls"] == "x") == inside


def test_a_character_stands_on_its_first_byte(model: Page) -> None:
    [row] = call(model, "hex", "hexRows", octets("Оля\n".encode()), 8)
    assert "".join(row["marks"]) == "О·л·я··"
    said = call(model, "hex", "selected", octets("Оля\n".encode()), 0, 6)
    assert (said["text"], said["points"]) == ("Оля", ["U+041E", "U+043B", "U+044F"])
    assert said["valid"]


@pytest.mark.parametrize("width", [8, 16])
def test_the_byte_under_a_column(model: Page, width: int) -> None:
    for byte in range(width):
        column = byte * 3 + (1 if byte >= width // 2 else 0)
        for within in (0.1, 1.9):
            assert call(model, "hex", "byteOfColumn", column + within, width) == byte


def test_what_a_call_was(model: Page) -> None:
    kinds = [
        (point(1, "recv", 2, b"x"), "bytes"),
        (point(1, "recv", 2), "end"),
        (point(1, "recvfrom", 2, result="from 127.0.0.1:5"), "empty"),
        (point(1, "recv", 2, error="BlockingIOError"), "later"),
        (point(1, "recv", 2, error="ConnectionResetError"), "error"),
        (point(1, "shutdown", 2, error="OSError ENOTCONN"), "gone"),
        (point(1, "shutdown", 2, error="OSError EBADF"), "error"),
        (point(1, "accept", 2), "step"),
    ]
    for one, kind in kinds:
        assert call(model, "wire", "kindOf", one) == kind


def test_points_are_chosen_by_stream_line_thread_peer_way_and_words(model: Page) -> None:
    points = [
        point(1, "recv", 2, b"hello"),
        point(2, "send", 2, b"hello", line="server.py:30"),
        point(3, "recv", 3, b"\x00\xff", thread="Thread-2"),
        {"n": 9, "gap": 5},
        point(9, "recvfrom", 4, b"dgram", result="from 127.0.0.1:7"),
        point(10, "sleep", None),
    ]

    def chosen(**choice: Any) -> list[int]:
        found = call(model, "wire", "choosePoints", points, choice)
        return [one["n"] for one in found if "gap" not in one]

    assert chosen() == [1, 2, 3, 9]
    assert chosen(stream="2") == [1, 2]
    assert chosen(line="server.py:30") == [2]
    assert chosen(thread="Thread-2") == [3]
    assert chosen(peer="127.0.0.1:7") == [9]
    assert chosen(way="in") == [1, 3, 9]
    assert chosen(words="ell") == [1, 2]
    assert chosen(words="00 FF") == [3]


def test_a_message_to_many_is_one_block_and_so_is_a_spin(model: Page) -> None:
    points = [
        *(point(n, "send", 2 + n, b"hi") for n in range(1, 6)),
        point(6, "send", 3, b"hi"),  # the first client again: another message
        *(point(n, "recv", 3) for n in range(7, 20)),
        point(20, "recv", 3, b"hi"),
        point(21, "recv", 3, b"hi"),
    ]
    blocks = call(model, "wire", "blocksOf", points)
    assert [len(block["points"]) for block in blocks] == [5, 1, 13, 1, 1]


def test_calls_that_came_too_early_are_folded(model: Page) -> None:
    early = {"error": "BlockingIOError"}
    points = [
        point(1, "recv", 2, b"x"),
        point(2, "recv", 2, **early),
        point(3, "accept", 1, thread="other", **early),
        point(4, "recv", 2, error="ConnectionResetError"),
    ]
    blocks = call(model, "wire", "blocksOf", points)
    assert [len(block["points"]) for block in blocks] == [1, 2, 1]
    only_bytes = call(model, "wire", "choosePoints", points, {"bytes": True, "words": ""})
    assert [one["n"] for one in only_bytes] == [1]


def test_streams_listeners_first_then_open_ones(model: Page) -> None:
    streams = [
        stream(1, None),
        stream(2, "a:1", state="closed"),
        stream(3, "b:2"),
        stream(4, "b:3"),
    ]
    assert [one["id"] for one in call(model, "wire", "chooseStreams", streams, "")] == [1, 4, 3, 2]
    assert [one["id"] for one in call(model, "wire", "chooseStreams", streams, "B:")] == [4, 3]


def test_lanes_show_waiting_running_and_what_was_not_seen(model: Page) -> None:
    points = [
        point(1, "recv", 2, b"x", at=95.0, waited_us=2_000_000),
        point(2, "send", 2, b"x", at=96.0, waited_us=500_000),
        {"n": 9, "gap": 6},
        point(9, "recv", 2, b"x", at=98.0, waited_us=1_000_000),
    ]
    [[_, lane]] = call(model, "threads", "lanes", points, [thread(1, "lock", waited_s=1.0)], 100.0)
    shown = [(one["kind"], one["from"], one["to"]) for one in lane]
    assert shown == [
        ("in", 93.0, 95.0),
        ("run", 95.0, 95.5),
        ("out", 95.5, 96.0),
        ("unseen", 96.0, 97.0),
        ("in", 97.0, 98.0),
        ("run", 98.0, 99.0),
        ("lock", 99.0, 100.0),
    ]


def test_a_wait_that_looks_alone_have_seen_is_in_the_lane(model: Page) -> None:
    """A thread accepted, waited in select() for three looks, and accepted again; then it ran."""
    looks: list[Any] = []
    for number in range(3):
        row = thread(1, "select", waited_s=0.25 * (number + 1))
        looks = call(model, "threads", "acts", looks, {"threads": [row]}, 91.25 + number * 0.25)
    assert [(one["from"], one["to"], one["lasts"]) for one in looks] == [(91.0, 91.75, True)]
    row = thread(1, None, waited_s=0.0)
    looks = call(model, "threads", "acts", looks, {"threads": [row]}, 96.0)
    assert [(one["from"], one["to"], one["lasts"]) for one in looks] == [(91.0, 91.75, False)]
    points = [
        point(1, "accept", 1, at=90.0, waited_us=1_000_000),
        point(2, "accept", 1, at=92.0, waited_us=0),
        point(3, "accept", 1, at=96.0, waited_us=1_000_000),
    ]
    seen = {"acts": looks, "since": 91.0}
    [[_, lane]] = call(model, "threads", "lanes", points, [row], 96.0, seen)
    assert [(one["kind"], one["from"], one["to"]) for one in lane] == [
        ("accept", 89.0, 90.0),
        ("unseen", 90.0, 91.0),  # before the first look
        ("select", 91.0, 92.0),  # nothing was seen in the last quarter of a second
        ("accept", 92.0, 92.0),
        ("run", 92.0, 95.0),
        ("accept", 95.0, 96.0),
    ]
    assert call(model, "threads", "acts", looks, {"threads": []}, 130.0) == []


@pytest.mark.parametrize(("waited_s", "kind"), [(0.5, "run"), (1.5, "unseen")])
def test_a_thread_without_a_call_runs_unless_it_does_so_for_long(
    model: Page, waited_s: float, kind: str
) -> None:
    points = [point(1, "recv", 2, b"x", at=95.0, waited_us=1000)]
    row = thread(1, None, waited_s=waited_s)
    [[_, lane]] = call(model, "threads", "lanes", points, [row], 100.0)
    assert (lane[-1]["kind"], lane[-1]["to"]) == (kind, 100.0)


def test_a_hold_lasts_from_look_to_look_and_ends_exactly(model: Page) -> None:
    first = call(model, "threads", "holds", [], {"locks": [lock(1, "A", held_s=0.5)]}, 10.0)
    again = call(model, "threads", "holds", first, {"locks": [lock(1, "A", held_s=0.75)]}, 10.25)
    assert [(one["from"], one["to"]) for one in again] == [(9.5, 10.25)]
    ended = [{"thread": "A", "line": "a.py:1", "at": 9.5, "waited_s": 0.0, "held_s": 0.875}]
    look = {"locks": [lock(1, "B", held_s=0.125, holds=ended)]}
    other = call(model, "threads", "holds", again, look, 10.5)
    assert [(one["holder"], one["from"], one["to"]) for one in other] == [
        ("A", 9.5, 10.375),
        ("B", 10.375, 10.5),
    ]
    assert call(model, "threads", "holds", other, {"locks": []}, 99.0) == []


def test_a_deadlock_is_a_ring_and_a_chain_is_none(model: Page) -> None:
    waits = [thread(1, "lock", lock=7), thread(2, "lock", lock=8), thread(3, "lock", lock=7)]
    locks = [lock(7, "Thread-2"), lock(8, "Thread-1")]
    ring = call(model, "threads", "cycle", {"threads": waits, "locks": locks})
    assert sorted(one["thread"] for one in ring) == ["Thread-1", "Thread-2"]
    locks = [lock(7, "Thread-2"), lock(8, "Thread-9")]
    assert call(model, "threads", "cycle", {"threads": waits, "locks": locks}) is None


def test_a_fan_out_is_in_the_order_of_sending(model: Page) -> None:
    points = [
        point(1, "recv", 2, b"m"),
        *(point(n, "sendall", 10 - n, b"m") for n in range(2, 6)),
        point(6, "recv", 3, b"other", thread="Thread-2"),
    ]
    fan = call(model, "threads", "fanOut", points, [])
    assert [one["stream"] for one in fan["sends"]] == [8, 7, 6, 5]
    assert call(model, "threads", "fanOut", points[:2], []) is None


def test_a_story_finds_the_bad_byte_and_what_helps(model: Page) -> None:
    crash = {"exception": "UnicodeDecodeError", "message": "", "source": "text = data.decode()"}
    crash |= {"received": base64_of(b"x" * 40 + b"\xe9 end"), "bad": None, "main": False}
    found = call(model, "crash", "evidence", crash)
    assert found["bytes"]["bytes"][found["bad"]] == 0xE9
    assert found["from"] + found["bad"] == 40
    assert call(model, "crash", "didOf", crash) == "decode"
    assert call(model, "crash", "helpOf", crash) == "UnicodeDecodeError"
    in_use = {"exception": "OSError", "message": "[Errno 98] Address already in use"}
    assert call(model, "crash", "helpOf", in_use) == "inuse"
    assert call(model, "crash", "helpOf", {"exception": "my.Own", "message": ""}) == "other"


def test_crashes_that_are_alike_are_one_story(model: Page) -> None:
    one = {"exception": "ValueError", "line": "a.py:1", "main": False, "at": 1}
    crashes = [one, {**one, "at": 2}, {**one, "line": "a.py:9", "at": 3}, {**one, "at": 4}]
    stories = call(model, "crash", "alike", crashes)
    assert [(story["crash"]["at"], story["count"]) for story in stories] == [(4, 3), (3, 1)]


def test_the_bytes_of_a_crash_lead_to_the_call_that_brought_them(model: Page) -> None:
    same = {"thread": "Thread-2", "at": 5.0}
    points = [
        point(1, "recv", 4, b"caf\xe9", **same),
        point(2, "send", 4, b"caf\xe9", **same),
        point(3, "recv", 5, b"caf\xe9", at=6.0),
        point(4, "recv", 4, b"caf\xe9", thread="Thread-2", at=9.0),
    ]
    crash = {"thread": "Thread-2", "received": base64_of(b"caf\xe9"), "at": 8.0}
    assert call(model, "crash", "bringer", points, crash)["n"] == 1
    assert call(model, "crash", "bringer", points[1:3], crash) is None


def test_listening_sockets_are_no_clients(model: Page) -> None:
    rows = [{"id": 1, "state": "listening"}, {"id": 2, "state": "open"}]
    listeners, clients = call(model, "connections", "parted", rows)
    assert ([row["id"] for row in listeners], [row["id"] for row in clients]) == ([1], [2])


def test_the_newest_blocks_are_bounded_by_number_and_by_bytes(model: Page) -> None:
    def drawn(*sizes: int) -> list[int]:
        blocks = [
            {"key": str(n), "points": [{"n": n, "bytes": size}]} for n, size in enumerate(sizes)
        ]
        found = call(model, "wire", "newest", blocks, 4, 1000, 400)
        return [int(block["key"]) for block in found]

    assert drawn() == []
    assert drawn(1, 1, 1, 1, 1) == [1, 2, 3, 4]
    assert drawn(1, 400, 400, 400) == [1, 2, 3]
    assert drawn(1, 9_000, 9_000, 9_000) == [1, 2, 3]
    assert drawn(9_000) == [0]
