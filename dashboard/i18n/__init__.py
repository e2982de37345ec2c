"""The interface's texts: two catalogues with the same keys, used by templates and scripts."""

import functools
import json
import re
from pathlib import Path

LANGUAGES = ("en", "ru")
HERE = Path(__file__).resolve().parent
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@functools.cache
def catalogue(lang: str) -> dict[str, str]:
    """All texts of a language by key."""
    texts: dict[str, str] = json.loads((HERE / f"{lang}.json").read_text("utf-8"))
    return texts


def has(key: str) -> bool:
    return key in catalogue("en")


def text(lang: str, key: str, **values: object) -> str:
    """One text with its placeholders filled; the key itself where there is none, as in scripts."""
    found = catalogue(lang).get(key) or catalogue("en").get(key, key)
    return PLACEHOLDER.sub(lambda place: str(values.get(place[1], place[0])), found)
