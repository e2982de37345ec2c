"""The checks on the messages of a tap.

All code of a program can write to the line that leads to us, and its messages are computed with:
bytes are decoded, times are put into files.
"""

import binascii

from labservers.observe import messages, observed

AGES = 2**32  # seconds since the epoch, until 2106
MOST_BYTES = 2**40  # of one call
CODE, SENTENCE = 40, 1_000  # characters
STUCK = 20  # threads of a deadlock
CRASH_BYTES = 256 * 1024


def sound_part(message: messages.Message) -> messages.Message | None:
    """The message without what cannot be; points that go are counted as lost."""
    if not _is_time(getattr(message, "at", 0.0)):
        return None
    match message:
        case observed.Points():
            points = [point for point in message.points if _is_sound(point)]
            lost = max(0, message.lost) + len(message.points) - len(points)
            return message._replace(points=points, lost=lost)
        case observed.SocketEvents():
            return message._replace(events=[e for e in message.events if _is_time(e.at)])
        case messages.Notice():
            return message._replace(code=message.code[:CODE], text=message.text[:SENTENCE])
        case observed.Deadlock():
            return _bounded(message._replace(text="", threads=message.threads[:STUCK]))
        case observed.Crash():
            return _bounded(message)
    return message


def _bounded(message: observed.Crash | observed.Deadlock) -> messages.Message | None:
    """The tap cuts what it tells of one; a longer one is not of the tap."""
    return message if len(messages.encode(message)) <= CRASH_BYTES else None


def _is_time(at: float) -> bool:
    return 0 <= at < AGES


def _is_sound(point: observed.Point) -> bool:
    return _is_time(point.at) and 0 <= point.bytes < MOST_BYTES and _is_base64(point.data or "")


def _is_base64(text: str) -> bool:
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    return True
