"""The words of a check, in English and Russian: read from the JSON files beside this one.

texts.json: of the judgement. words.json: of the reports. Both: {language: {key: text}}.
causes.json: {id: {"level": ..., language: {"title", "why", "next_step", "lesson"}}}, by weight.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")
HERE = Path(__file__).resolve().parent
FILES = ("texts.json", "words.json")
PLACE = re.compile(r"\{(\w+)\}")
PLURAL = re.compile(r"\{(\w+):([^}]+)\}")


def text(
    language: Language,
    key: str,
    values: Mapping[str, object] | Iterable[tuple[str, object]] = (),
) -> str:
    """The text of a key with its places filled; the key itself where there is none.

    `{name}` becomes the value of that name. `{n:one|few|many}` becomes the form for the number n:
    English has two forms, Russian three.
    """
    given = dict(values)
    found = _texts(language).get(key, key)
    found = PLURAL.sub(lambda place: _form(language, given.get(place[1], 0), place[2]), found)
    return PLACE.sub(lambda place: str(given.get(place[1], place[0])), found)


def decimal(value: float, language: Language) -> str:
    """With one digit after the point, which is a comma in Russian."""
    return f"{value:.1f}".replace(".", "," if language == "ru" else ".")


def has(key: str) -> bool:
    """Whether there is a text of that key."""
    return key in _texts("en")


@functools.cache
def causes() -> dict[str, dict[str, Any]]:
    """The catalogue of causes by id, the gravest first."""
    found: dict[str, dict[str, Any]] = _read("causes.json")
    return found


@functools.cache
def _texts(language: Language) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in FILES:
        found |= _read(name).get(language, {})
    return found


def _read(name: str) -> Any:
    path = HERE / name
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _form(language: Language, n: object, forms: str) -> str:
    """The plural form for a number (Unicode CLDR, cardinals)."""
    choices = forms.split("|")
    number = int(str(n)) if str(n).lstrip("-").isdecimal() else 0
    if language == "en":
        return choices[0 if number == 1 else -1]
    if number % 10 == 1 and number % 100 != 11:
        return choices[0]
    few = number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)
    return choices[1 if few else -1]
