"""What a program says of itself that cannot be, since its own code can write to the line too."""

from typing import Any

import pytest

from dashboard.recording.downloads import as_capture, as_raw, as_text
from dashboard.recording.memory import Memory
from dashboard.recording.recorder import Recorder
from dashboard.recording.sound import CRASH_BYTES, STUCK, sound_part
from labservers.observe import messages, observed

NOW = 1_700_000_000.0


def points(**values: Any) -> observed.Points:
    made = observed.Point(1, NOW, "main", "a.py:1", "f", 7, 3, "recv", 5.0, 3, "YWJj")
    return observed.Points(NOW, [made._replace(**values)], 2)


@pytest.mark.parametrize(
    "values",
    [
        {"data": "%%%"},
        {"data": "abc"},
        {"data": "\ud800"},
        {"at": 1e300},
        {"at": -1.0},
        {"bytes": -1},
        {"bytes": 2**62},
    ],
    ids=str,
)
def test_a_point_that_cannot_be_is_lost(values: dict[str, Any]) -> None:
    assert sound_part(points(**values)) == observed.Points(NOW, [], 3)
    assert sound_part(points()) == points()


def test_times_that_cannot_be_are_not_taken() -> None:
    event = observed.SocketEvent(1e300, 7, 3, "AF_INET", "stream", "bound", None, None, None)
    assert sound_part(observed.SocketEvents(NOW, [event])) == observed.SocketEvents(NOW, [])
    assert sound_part(messages.Notice(-1.0, "x", "y")) is None


@pytest.mark.parametrize(("characters", "kept"), [(1_000, True), (CRASH_BYTES, False)])
def test_a_crash_that_no_tap_has_cut_is_not_kept(characters: int, kept: bool) -> None:
    crash = observed.Crash(NOW, "main", True, "ValueError", "x" * characters, None, "", [], {})
    assert (sound_part(crash) is not None) == kept


@pytest.mark.parametrize(("characters", "kept"), [(10, True), (CRASH_BYTES, False)])
def test_a_deadlock_has_at_most_some_threads_and_so_many_bytes(characters: int, kept: bool) -> None:
    stuck = observed.StuckThread("x" * characters, "a.py:1", "Lock of a.py:2", "left", "a.py:3")
    told = sound_part(observed.Deadlock(NOW, "a sentence", [stuck] * 100))
    assert told == (observed.Deadlock(NOW, "", [stuck] * STUCK) if kept else None)


def test_a_deadlock_is_shown_of_the_life_that_it_is_in() -> None:
    recorder = Recorder("a", Memory())
    stuck = observed.StuckThread("right", "a.py:1", "Lock of a.py:2", "left", "a.py:3")
    deadlock = observed.Deadlock(NOW, "", [stuck])
    assert recorder.take(deadlock, 0)
    assert recorder.view(alive=True)["deadlock"] == messages.as_dict(deadlock)
    assert recorder.view(alive=False)["deadlock"] is None


@pytest.mark.parametrize(
    "values",
    [
        {"thread": "\ud800\x1b[31m", "result": "\x1b]0;x\x07"},
        {"call": "sendfile", "bytes": 2**39, "data": None},
        {"call": "sendto", "bytes": 2**39, "result": "127.0.0.1:9"},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["stream", "datagram"])
def test_all_that_is_kept_can_be_taken_away(values: dict[str, Any], kind: str) -> None:
    recorder = Recorder("a", Memory())
    ends = ("127.0.0.1:1", "127.0.0.1:2")
    event = observed.SocketEvent(NOW, 7, 3, "AF_INET", kind, "accepted", *ends, 1)
    recorder.take(observed.SocketEvents(NOW, [event]), 0)
    recorder.take(points(**values), 0)
    streams = recorder.read(lambda wire: wire.copy())
    told = "".join(as_text(streams[0][1], {7: streams[0][0]}))
    assert "\x1b" not in told
    assert told.encode()
    assert len(as_raw(streams[0][1], "in")) <= 3
    assert sum(map(len, as_capture("a.py", streams))) < 100_000
