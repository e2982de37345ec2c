"""The checks on the messages of a tap.

All code of a program can write to the line that leads to us, and its messages are computed with:
bytes are decoded, times are put into files.
"""

from collections.abc import Callable

from dashboard.recording.bounds import bounded, is_data
from labservers.observe import messages, observed

AGES = 2**32  # seconds since the epoch, until 2106
MOST_BYTES = 2**40  # of one call
CODE = 40  # characters
STUCK = 20  # threads of a deadlock
UNSOUND = "unsound"  # code of the notice that not all was taken as it came
# Those of the lab's servers. A program of the user is seen to start, to fail, and to listen.
NO_TAP_SENDS = (messages.Ready, messages.Failed, messages.Events)


class Sieve:
    """The messages of one process of the user's, before anything keeps or shows them; the first
    that is not taken as it came is followed by a notice. One thread calls it."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._told = False

    def __call__(self, message: messages.Message) -> list[messages.Message]:
        message = _needed(message)
        sound = sound_part(message)
        passed = [] if sound is None else [sound]
        if sound != message and not self._told:
            self._told = True
            passed.append(messages.Notice(self._wall(), UNSOUND, ""))
        return passed


def whole(message: messages.Message) -> list[messages.Message]:
    """The sieve of the lab's own servers."""
    return [message]


def sound_part(message: messages.Message) -> messages.Message | None:
    """The message without what cannot be; points that go are counted as lost."""
    if isinstance(message, NO_TAP_SENDS) or not _is_time(getattr(message, "at", 0.0)):
        return None
    return _bounded(_possible(message))


def _needed(message: messages.Message) -> messages.Message:
    """A deadlock is shown by its first threads; the page has words for it."""
    if isinstance(message, observed.Deadlock):
        return message._replace(text="", threads=message.threads[:STUCK])
    return message


def _possible(message: messages.Message) -> messages.Message:
    match message:
        case observed.Points():
            points = [point for point in message.points if _is_sound(point)]
            return _with_points(message._replace(lost=max(0, message.lost)), points)
        case observed.SocketEvents():
            return message._replace(events=[e for e in message.events if _is_time(e.at)])
        case messages.Notice():
            return message._replace(code=message.code[:CODE])
        case observed.Crash() if not is_data(message.received or ""):
            return message._replace(received=None, bad=None)
    return message


def _bounded(message: messages.Message) -> messages.Message:
    part = bounded(message)
    if isinstance(message, observed.Points) and isinstance(part, observed.Points):
        return _with_points(message, part.points)
    return part


def _with_points(message: observed.Points, points: list[observed.Point]) -> observed.Points:
    lost = message.lost + len(message.points) - len(points)
    return message._replace(points=points, lost=lost)


def _is_time(at: float) -> bool:
    return 0 <= at < AGES


def _is_sound(point: observed.Point) -> bool:
    return _is_time(point.at) and 0 <= point.bytes < MOST_BYTES and is_data(point.data or "")
