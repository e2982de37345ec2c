"""What a program that asks at its start gets for an answer: a port, a host, its role."""

from __future__ import annotations

import re
from typing import NamedTuple


class Typed(NamedTuple):
    """An answer to the prompts that a pattern finds."""

    prompt: re.Pattern[str]
    answer: str


def _typed(pattern: str, answer: str) -> Typed:
    return Typed(re.compile(pattern, re.IGNORECASE), answer)


SERVER = (
    _typed(r"port|порт", "18999"),
    _typed(r"server.*client|сервер.*клиент|role|mode|роль|режим", "server"),
    _typed(r"host|\bip\b|address|адрес|хост", "127.0.0.1"),
)


def typed_for(prompt: str) -> str | None:
    """The answer to a prompt of a server that starts; None: it cannot be guessed."""
    return next((one.answer for one in SERVER if one.prompt.search(prompt)), None)
