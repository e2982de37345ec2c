"""What a program that asks gets for an answer: a server at its start, a client all the time."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from labservers.checks.values import Address
from labservers.net.addresses import connect_host


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


CLIENT = (
    _typed(r"запят|comma|\d,\s*\d", "3,4"),
    _typed(r"пробел|space|\d \d", "3 4"),
    _typed(r"name|nick|login|имя|ник|логин", "anna"),
    _typed(r"room|chat|комнат|чат", "1"),
    _typed(r"messag|сообщени|text|текст|you:|>", "hello"),
    _typed(r"subject|предмет|дисциплин", "physics"),
    _typed(r"grade|mark|оценк", "5"),
)
FAREWELL = "exit"
PATIENT = 3  # answers to the same prompt; a client that asks for ever knows a word to end by
NUMBERS = ("3", "4", "5", "6", "7", "8")


class Typist:
    """Answers to the prompts of a client; one that says nothing gets a number."""

    def __init__(self, address: Address) -> None:
        port, host = _typed(r"port|порт", str(address.port)), connect_host(address.host)
        self._known = (port, _typed(r"host|\bip\b|address|адрес|хост", host), *CLIENT)
        self._given = 0
        self._asked: Counter[str] = Counter()

    def __call__(self, prompt: str) -> str:
        self._asked[prompt] += 1
        if self._asked[prompt] > PATIENT:
            return FAREWELL
        for one in self._known:
            if one.prompt.search(prompt):
                return one.answer
        self._given += 1
        return NUMBERS[(self._given - 1) % len(NUMBERS)]


def typed_for(prompt: str) -> str | None:
    """The answer to a prompt of a server that starts; None: it cannot be guessed."""
    return next((one.answer for one in SERVER if one.prompt.search(prompt)), None)
