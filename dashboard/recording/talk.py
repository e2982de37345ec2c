"""A recorded connection as a conversation that a check can hold: what its client sent and got.

The file's form is that of `check --talk FILE`: {datagram, greeting, ends, turns: [{send, answer}]}.
Bytes are a string where they are UTF-8, else {"base64": ...}. null: nothing.
"""

import base64
from collections.abc import Iterable
from typing import Any

from dashboard.errors import NotNow
from dashboard.recording.streams import IN, OUT, Stream, way
from labservers.observe.observed import Point

BYTES = 256 * 1024
TURNS = 50

Json = dict[str, Any]


def recorded(stream: Stream, points: Iterable[Point]) -> Json:
    """
    Raises:
        NotNow: its bytes are not all kept, or no client has sent any.
    """
    if stream.lost or sum(stream.gone.values()):
        raise NotNow("the beginning of this connection is not kept", "record it anew")
    greeting, turns = _turns(points)
    if not turns or stream.state == "listening":
        raise NotNow("no client has sent anything on this connection", "choose another one")
    if len(turns) > TURNS or sum(len(a) + len(b) for a, b in turns) > BYTES:
        raise NotNow("this conversation is too long to be held again", "record a shorter one")
    return {
        "datagram": stream.kind == "datagram",
        "greeting": _written(greeting) if greeting else None,
        "ends": "either",
        "turns": [
            {"send": _written(sent), "answer": _written(answer) if answer else None}
            for sent, answer in turns
        ],
    }


def _turns(points: Iterable[Point]) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """What the server said first, then what was sent and what was answered, in turn."""
    greeting = b""
    turns: list[tuple[bytes, bytes]] = []
    for point in points:
        direction, data = way(point), base64.b64decode(point.data or "")
        if direction is None or not data:
            continue
        if point.cut is not None:
            raise NotNow("not all bytes of this connection are kept", "record a shorter one")
        if direction == IN:
            if turns and not turns[-1][1]:
                data = turns.pop()[0] + data
            turns.append((data, b""))
        elif direction == OUT and turns:
            turns[-1] = turns[-1][0], turns[-1][1] + data
        else:
            greeting += data
    return greeting, turns


def _written(data: bytes) -> str | Json:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
