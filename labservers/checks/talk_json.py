"""A conversation as JSON and back: a probe that is shown again begins with it, without a guess."""

from __future__ import annotations

import base64
from dataclasses import fields
from typing import Any

from labservers.checks.values import Talk, Turn

Json = dict[str, Any]


def as_json(talk: Talk) -> Json:
    """Its fields by name; bytes are base64."""
    values = {field.name: _written(getattr(talk, field.name)) for field in fields(Talk)}
    turns = [{"send": _written(t.send), "answer": _written(t.answer)} for t in talk.turns]
    return {**values, "turns": turns}


def from_json(value: Json) -> Talk:
    """
    Raises:
        ValueError, KeyError, TypeError, AttributeError: not what as_json() has written.
    """
    values = dict(value)
    turns = tuple(Turn(_read(t["send"]) or b"", _read(t["answer"])) for t in values.pop("turns"))
    greeting, farewell = _read(values.pop("greeting")), _read(values.pop("farewell")) or b""
    return Talk(turns=turns, greeting=greeting, farewell=farewell, **values)


def _written(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _read(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
