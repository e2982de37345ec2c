"""What breaks a program, where its author says so in a breaks.json beside it.

The file maps names of programs in its folder to lists of
{"experiment": kind, "n": 1, "en": {"press": text, "see": text}, "ru": {the same}}.
`press`: what the button of the experiment does. `see`: what one then sees. `ru` may be absent.
"""

import logging
from pathlib import Path
from typing import Any

from dashboard import json_text
from dashboard.numbers import shown, whole

FILE = "breaks.json"
BYTES = 64 * 1024
ENTRIES = 10
CHARACTERS = 500
MOST = 10_000
LOG = logging.getLogger(__name__)

Json = dict[str, Any]


def breaks_of(program: Path) -> tuple[Json, ...]:
    """The entries of one program. A file that cannot be used is logged, and has none."""
    path = program.parent / FILE
    try:
        with path.open("rb") as file:
            content = file.read(BYTES + 1)
        return _entries(content, program.name)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        LOG.warning("%s is not used: %s", path, error)
        return ()


def _entries(content: bytes, name: str) -> tuple[Json, ...]:
    if len(content) > BYTES:
        raise ValueError(f"longer than {BYTES} bytes")
    found = json_text.parse(content)
    if not isinstance(found, dict) or not isinstance(entries := found.get(name, []), list):
        raise ValueError('an object of lists is needed, {"server.py": [...]}')
    return tuple(_entry(entry) for entry in entries[:ENTRIES])


def _entry(entry: Any) -> Json:
    if not isinstance(entry, dict):
        raise ValueError(f"{shown(entry)} is not an object")
    texts = {language: _texts(entry[language]) for language in ("en", "ru") if language in entry}
    if "en" not in texts:
        raise ValueError("en: the texts are missing")
    kind = _text(entry.get("experiment"), "experiment")
    return {"experiment": kind, "n": whole(entry.get("n", 1), 1, MOST), **texts}


def _texts(given: Any) -> Json:
    if not isinstance(given, dict):
        raise ValueError(f"{shown(given)} is not an object of press and see")
    return {name: _text(given.get(name), name) for name in ("press", "see")}


def _text(given: Any, name: str) -> str:
    if not isinstance(given, str) or not given or len(given) > CHARACTERS:
        raise ValueError(f"{name}: {shown(given)} is not a text of 1 to {CHARACTERS} characters")
    return given.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be sent on
