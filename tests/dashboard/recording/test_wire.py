"""What is kept of a program's calls: bounded for any sequence of them, and what goes is counted."""

import base64
import tracemalloc
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.recording import wire as module
from dashboard.recording.memory import Memory
from dashboard.recording.streams import Stream, way
from dashboard.recording.wire import Wire
from labservers.observe.messages import Row, Rows, decode, encode
from labservers.observe.observed import Point, Points, SocketEvent, SocketEvents

EVENTS = ["created", "bound", "listening", "connected", "accepted", "closed"]
CALLS = ["recv", "send", "sendall", "accept", "recvfrom", "sendto", "sleep"]


def point(n: int, id: int | None = 1, call: str = "recv", data: bytes = b"", **more: Any) -> Point:
    text = base64.b64encode(data).decode() if data else None
    return Point(
        n, float(n), "main", "a.py:1", "f", id, id, call, 5,
        **{"bytes": len(data), "data": text, **more},
    )  # fmt: skip


def event(id: int, event: str, **more: Any) -> SocketEvent:
    given = {"local": "127.0.0.1:80", "peer": None, "listener": None, "kind": "stream", **more}
    return SocketEvent(1.0, id, id, "AF_INET", given.pop("kind"), event, **given)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("event"), st.integers(1, 8), st.sampled_from(EVENTS)),
        st.tuples(
            st.just("point"),
            st.one_of(st.none(), st.integers(1, 8)),
            st.sampled_from(CALLS),
            st.binary(max_size=30),
        ),
    ),
    max_size=80,
)


def test_the_newest_points_are_bounded_by_their_number_and_their_data() -> None:
    wire = Wire()
    for n in range(1, 6):
        wire.add(point(n, data=b"x" * 30))  # 40 characters of base64
    assert [p.n for p in wire.newest(count=2, data=1_000)] == [4, 5]
    assert [p.n for p in wire.newest(count=9, data=120)] == [3, 4, 5]
    assert [p.n for p in wire.newest(count=9, data=1_000)] == [1, 2, 3, 4, 5]


@given(st.lists(st.binary(max_size=90), max_size=20), st.integers(1, 5), st.integers(0, 200))
def test_pages_are_bounded_and_give_each_point_once(
    pieces: list[bytes], count: int, data: int
) -> None:
    kept = Wire()
    for number, piece in enumerate(pieces, 1):
        kept.add(point(number, data=piece))
    seen: list[Point] = []
    while page := kept.page(seen[-1].n if seen else 0, count, data):
        assert len(page) == 1 or sum(len(p.data or "") for p in page) <= data
        assert len(page) <= count
        seen += page
    assert seen == kept.since(0, 100)


@given(steps)
def test_bounds_hold_and_nothing_is_lost_uncounted(taken: list[Any]) -> None:
    bounds = {"POINTS": 12, "STREAM_BYTES": 60, "PROGRAM_BYTES": 120, "STREAMS": 4}
    kept = Wire(**{name.lower(): value for name, value in bounds.items()})
    added = 0
    for number, (what, *how) in enumerate(taken, 1):
        if what == "event":
            kept.happened(event(how[0], how[1]))
        else:
            kept.add(point(number, *how))
            added += 1
        points = kept.since(0, 1_000)
        assert len(points) == len(kept) <= 12
        assert len(points) + kept.lost == added
        assert kept.data == sum(len(p.data or "") for p in points) <= 120
        assert len(kept.streams) <= 4 <= max(4, kept.total)
        assert [p.n for p in points] == sorted(p.n for p in points)
        for stream in kept.streams.values():
            own = list(kept.points_of(stream.id))
            assert own == [p for p in points if p.id == stream.id]
            assert stream.data == sum(len(p.data or "") for p in own) <= 60
            assert stream.calls == len(own) + stream.lost
            for direction, total in (("in", stream.bytes_in), ("out", stream.bytes_out)):
                held = sum(p.bytes for p in own if way(p) == direction)
                assert total == held + stream.gone[direction]
        assert all(p.id is None or p.id in kept.streams for p in points)


def test_one_talkative_stream_does_not_push_out_the_others() -> None:
    kept = Wire()
    kept.add(point(1, 1, data=b"hello"))
    for number in range(2, 2_000):
        kept.add(point(number, 2, "sendall", b"x" * 4_096))
    assert [p.n for p in kept.points_of(1)] == [1]
    assert kept.streams[2].data <= module.STREAM_BYTES
    assert kept.streams[2].lost == kept.lost > 1_000
    assert kept.streams[2].bytes_out == 1_998 * 4_096


def test_the_socket_that_closed_first_is_forgotten_first_and_a_listening_one_last() -> None:
    kept = Wire(streams=3)
    kept.happened(event(1, "listening"))
    for number in (2, 3):
        kept.happened(event(number, "accepted", listener=1))
        kept.add(point(number, number, data=b"x"))
    kept.happened(event(3, "closed"))
    kept.happened(event(4, "accepted", listener=1))
    assert list(kept.streams) == [1, 2, 4]
    kept.happened(event(5, "accepted", listener=1))
    assert list(kept.streams) == [1, 4, 5]
    assert (kept.total, kept.lost, len(kept)) == (5, 2, 0)
    assert kept.listening() == ["127.0.0.1:80"]


class Asked(Stream):
    """Counts how often its state is asked for."""

    times = 0

    @property
    def reachable(self) -> bool:
        Asked.times += 1
        return super().reachable

    @property
    def open(self) -> bool:
        Asked.times += 1
        return super().open


@pytest.mark.parametrize("kinds", [["listening"], ["accepted"], ["listening", "created"]], ids=str)
def test_the_work_for_one_socket_does_not_grow_with_the_others(
    kinds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many sockets are known, and whichever of them there are, as one is forgotten."""
    monkeypatch.setattr(module, "Stream", Asked)
    monkeypatch.setattr(Asked, "times", 0)
    kept = Wire(streams=1_000)
    for number in range(20_000):
        kept.happened(event(number, kinds[number % len(kinds)]))
    assert len(kept.streams) == 1_000
    assert kept.total == 20_000
    assert Asked.times < 6 * 20_000


def test_a_socket_that_is_not_listened_on_any_more_may_be_forgotten() -> None:
    kept = Wire(streams=3)
    for number in (1, 2, 3):
        kept.happened(event(number, "listening"))
    kept.happened(event(2, "bound"))
    kept.happened(event(4, "listening"))
    assert list(kept.streams) == [1, 3, 4]
    kept.happened(event(5, "listening"))
    assert list(kept.streams) == [3, 4, 5]
    assert [stream.id for stream in kept.reachable()] == [3, 4, 5]


def test_so_many_addresses_are_shown_and_no_more() -> None:
    kept = Wire()
    for number in range(2 * module.REACHABLE):
        kept.happened(event(number, "listening", local=f"127.0.0.1:{number}"))
    shown = [f"127.0.0.1:{number}" for number in range(module.REACHABLE)]
    assert kept.listening() == shown
    kept.happened(event(0, "closed"))
    assert kept.listening() == [*shown[1:], f"127.0.0.1:{module.REACHABLE}"]


def test_points_with_long_texts_push_out_others_as_data_does() -> None:
    kept = Wire()
    for number in range(module.POINTS):
        texts = dict.fromkeys(("thread", "line", "function", "result", "error"), "ж" * 200)
        kept.add(point(number, number % 90)._replace(**texts))
    assert 1_000 < len(kept) < module.POINTS
    assert kept.data <= module.PROGRAM_BYTES
    kept.add(point(module.POINTS, 1, data=b"short"))
    assert len(kept.page(0, 1_000, 30_000)) == 10


def test_the_end_of_the_process_closes_what_it_left_open() -> None:
    kept = Wire()
    kept.happened(event(1, "listening"))
    kept.happened(event(2, "accepted", listener=1))
    kept.happened(event(2, "closed", listener=1)._replace(at=3.0))
    kept.end(9.0)
    assert [(s.state, s.closed_at) for s in kept.streams.values()] == [
        ("closed", 9.0),
        ("closed", 3.0),
    ]
    assert kept.listening() == []


def test_the_programs_own_account_is_exact_where_points_were_lost() -> None:
    kept = Wire()
    kept.happened(event(2, "accepted", listener=1, peer="127.0.0.1:5"))
    kept.add(point(1, 2, data=b"hello"))
    kept.miss(7)
    mine = Row(2, "127.0.0.1:5", "reading", 1.0, 1.0, 50_000, 3)
    foreign = Row(2, "127.0.0.1:6", "reading", 1.0, 1.0, 99_000, 3)
    kept.counted(Rows(1.0, "connections", 2, [mine, foreign]))
    shown = kept.streams[2].as_dict()
    assert (shown["bytes_in"], shown["bytes_out"], kept.untold, kept.lost) == (50_000, 3, 7, 7)


def test_the_opening_is_what_the_newest_client_said_first() -> None:
    kept = Wire()
    assert kept.opening() is None
    kept.happened(event(1, "listening"))
    for number in (2, 3, 4):
        kept.happened(event(number, "accepted", listener=1)._replace(at=float(number)))
    kept.add(point(1, 2, data=b"GET /2"))
    kept.add(point(2, 3, "sendall", data=b"welcome"))
    kept.add(point(3, 3, data=b"GET /3"))
    kept.add(point(4, 3, data=b"more"))
    assert kept.opening() == b"GET /3"
    for number, ours in enumerate(("127.0.0.2:40000", "127.0.0.3:40000"), start=5):
        kept.happened(event(number, "accepted", listener=1, peer=ours)._replace(at=9.0))
        kept.add(point(number, number, data=b"GE"))
    assert kept.opening() == b"GET /3"


def test_the_opening_of_datagrams_is_one_of_a_real_client() -> None:
    kept = Wire()
    kept.happened(event(1, "bound", kind="datagram"))
    kept.add(point(1, 1, "recvfrom", b"\xffhello", result="from 127.0.0.2:4000"))
    assert kept.opening() is None
    kept.add(point(2, 1, "recvfrom", b"hello", result="from 127.0.0.1:4000"))
    assert kept.opening() == b"hello"


def test_all_programs_share_one_memory_and_the_largest_gives_way() -> None:
    memory = Memory(10_000)
    small, large = Wire(), Wire()
    memory.put("small", small)
    memory.put("large", large)
    small.add(point(1, data=b"x" * 100))
    for number in range(100):
        large.add(point(number, data=b"x" * 100))
        memory.make_room()
        assert small.cost + large.cost == memory.used() <= 10_000
    assert len(small) == 1
    assert len(large) + large.lost == 100


def memory_taken(come: Callable[[], None]) -> int:
    """In bytes, of Python's own."""
    tracemalloc.start()
    try:
        come()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_the_cost_of_points_is_what_they_take() -> None:
    """As they come over the channel: nothing is shared between them but their keys."""
    lines = [
        encode(Points(1.0, [point(n, id=n // 6, data=b"soak %d" % n, result="7 bytes")], 0))
        for n in range(3_000)
    ]
    wire = Wire()

    def come() -> None:
        for line in lines:
            [came] = cast(Points, decode(line)).points
            wire.add(came)

    taken = memory_taken(come)
    assert 0.6 < wire.cost / taken < 1.4


def test_the_cost_of_sockets_is_what_they_take() -> None:
    """Short connections: a program that serves many has far more of them than points of each."""
    lines = [
        encode(SocketEvents(1.0, [event(id, name, peer=f"127.0.0.1:{40_000 + id}")]))
        for id in range(3_000)
        for name in ("accepted", "closed")
    ]
    wire = Wire()

    def come() -> None:
        for line in lines:
            [came] = cast(SocketEvents, decode(line)).events
            wire.happened(came)

    taken = memory_taken(come)
    assert 0.8 < wire.cost / taken < 1.25


@pytest.mark.parametrize("last_event", ["accepted", "closed"])
def test_sockets_give_way_as_points_do(last_event: str) -> None:
    """Also those that never close; the newest are whole."""
    memory, wire = Memory(100_000), Wire()
    memory.put("one", wire)
    for number in range(300):
        for name in ("accepted", last_event):
            wire.happened(event(number, name))
            memory.make_room()
            assert memory.used() <= 100_000
        wire.add(point(number, number))
        memory.make_room()
        assert memory.used() <= 100_000
    assert list(wire.streams) == list(range(300 - len(wire.streams), 300))
    assert len(wire) == len(wire.streams) > 35
    assert len(wire) + wire.lost == 300
