"""The checks on the messages of a tap.

All code of a program can write to the line that leads to us, and its messages are computed with:
bytes are decoded, times are put into files. And they are kept and shown on every page, so each is
bounded here, before anything else sees it.
"""

import binascii
from typing import Any

from labservers.observe import messages, observed

AGES = 2**32  # seconds since the epoch, until 2106
MOST_BYTES = 2**40  # of one call
CODE, SENTENCE = 40, 1_000  # characters
STUCK = 20  # threads of a deadlock
WORDS = 250  # characters of a point's or a socket's text
EVENTS = 10_000  # of sockets in a message
HELD = 100  # points that are shown, where all of them are too much
SMALL_BYTES, LARGE_BYTES = 256 * 1024, 1024 * 1024
# Tables of which only the newest is kept, and shown to who asks for it.
LARGE = (observed.Threads, observed.Lines)


def sound_part(message: messages.Message) -> messages.Message | None:
    """The message without what cannot be; points that go are counted as lost. None: nothing of
    it can be taken."""
    if not _is_time(getattr(message, "at", 0.0)):
        return None
    match message:
        case observed.Points():
            points = [_brief(point) for point in message.points if _is_sound(point)]
            lost = max(0, message.lost) + len(message.points) - len(points)
            return message._replace(points=points, lost=lost)
        case observed.SocketEvents():
            events = [_brief(e) for e in message.events[:EVENTS] if _is_time(e.at)]
            return message._replace(events=events)
        case messages.Notice():
            return message._replace(code=message.code[:CODE], text=message.text[:SENTENCE])
        case observed.Deadlock():
            return _bounded(message._replace(text="", threads=message.threads[:STUCK]))
        case observed.Program() | observed.Asks() | observed.Summary() | messages.Ready():
            return _bounded(_brief(message, SENTENCE))
        case messages.Held():
            return _bounded(message) or _bounded(message._replace(points=message.points[:HELD]))
    return _bounded(message)


def _bounded(message: messages.Message) -> messages.Message | None:
    """The tap cuts what it tells; a longer message is not of the tap."""
    most = LARGE_BYTES if isinstance(message, LARGE) else SMALL_BYTES
    return message if len(messages.encode(message)) <= most else None


def _brief(told: Any, most: int = WORDS) -> Any:
    """With its texts cut, but for a point's data; nearly all are short."""
    long = {
        name: text[:most]
        for name, text in zip(told._fields, told, strict=True)
        if type(text) is str and len(text) > most and name != "data"
    }
    return told._replace(**long) if long else told


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
