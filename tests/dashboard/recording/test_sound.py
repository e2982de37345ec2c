"""What a program says of itself that cannot be, since its own code can write to the line too."""

from typing import Any

import pytest

from dashboard.recording.bounds import DATA
from dashboard.recording.downloads import as_capture, as_raw, as_text
from dashboard.recording.memory import Memory
from dashboard.recording.recorder import Recorder
from dashboard.recording.sound import STUCK, UNSOUND, Sieve, sound_part
from labservers.observe import messages, observed

NOW = 1_700_000_000.0


def points(**values: Any) -> observed.Points:
    made = observed.Point(1, NOW, "main", "a.py:1", "f", 7, 3, "recv", 5.0, 3, "YWJj")
    return observed.Points(NOW, [made._replace(**values)], 2)


@pytest.fixture
def sieve() -> Sieve:
    return Sieve(lambda: NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"data": "%%%"},
        {"data": "abc"},
        {"data": "YWJj" * DATA},
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


NOTICE = messages.Notice(NOW, UNSOUND, "")
NOT_OF_A_TAP = [
    messages.Ready(NOW, 1, "threads", [messages.Address("127.0.0.1", 80)]),
    messages.Failed(NOW, 98, "EADDRINUSE", "it is taken"),
    messages.Events(NOW, [messages.Event(1, NOW, "joined", {"code": "x", "name": "y"})], 0),
]


@pytest.mark.parametrize("message", NOT_OF_A_TAP, ids=lambda message: type(message).__name__)
def test_what_no_tap_sends_is_left_out_and_that_is_told_once(
    message: messages.Message, sieve: Sieve
) -> None:
    assert sieve(message) == [NOTICE]
    assert sieve(message) == []
    assert sieve(points()) == [points()]


def test_what_is_shortened_is_followed_by_a_notice_once(sieve: Sieve) -> None:
    asks = observed.Asks(NOW, "main", "a.py:1", "?" * 1_000)
    assert sieve(asks) == [asks]
    forged = asks._replace(prompt="?" * 1_001)
    assert sieve(forged) == [asks, NOTICE]
    assert sieve(forged) == [asks]


def test_times_that_cannot_be_are_not_taken() -> None:
    event = observed.SocketEvent(1e300, 7, 3, "AF_INET", "stream", "bound", None, None, None)
    assert sound_part(observed.SocketEvents(NOW, [event])) == observed.SocketEvents(NOW, [])
    assert sound_part(messages.Notice(-1.0, "x", "y")) is None


@pytest.mark.parametrize("received", ["%%%", "abc", "YWJj" * DATA])
def test_what_a_crash_has_not_received_is_not_kept(received: str) -> None:
    crash = observed.Crash(NOW, "main", True, "ValueError", "x", None, "", [], {}, "YWJj", bad=1)
    assert sound_part(crash) == crash
    forged = crash._replace(received=received)
    assert sound_part(forged) == crash._replace(received=None, bad=None)


def test_a_deadlock_has_at_most_some_threads(sieve: Sieve) -> None:
    stuck = observed.StuckThread("right", "a.py:1", "Lock of a.py:2", "left", "a.py:3")
    told = observed.Deadlock(NOW, "a sentence" * 200, [stuck] * 100)
    assert sieve(told) == [observed.Deadlock(NOW, "", [stuck] * STUCK)]


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
