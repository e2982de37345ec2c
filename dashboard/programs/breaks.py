"""Ways to break a program, where its author names them in a breaks.json in the same folder.

The file maps names of programs in its folder to {"request": text, "ways": [way, ...]}.
`request`: what a good client says first; may be absent. A way is
{"experiment": kind, "n": 1, "en": {"press": text, "see": text}, "ru": {the same}}.
`press`: what the button of the experiment does. `see`: what one then sees. `ru` may be absent.
"""

import logging
from pathlib import Path
from typing import Any, NamedTuple

from dashboard import json_text
from dashboard.numbers import shown, whole
from dashboard.programs import files
from labservers.observe.text import printable

FILE = "breaks.json"
BYTES = 64 * 1024
WAYS = 10
CHARACTERS = 500
MOST = 10_000
LOG = logging.getLogger(__name__)

Json = dict[str, Any]


class Breaks(NamedTuple):
    """The ways of one program."""

    request: str = ""
    ways: tuple[Json, ...] = ()


NOTHING = Breaks()


def breaks_of(program: Path) -> Breaks:
    """A file that cannot be used is logged, and says nothing."""
    path = program.parent / FILE
    try:
        return _breaks(files.read(path, BYTES + 1), program.name)
    except FileNotFoundError:
        return NOTHING
    except (OSError, ValueError) as error:
        LOG.warning("%s is not used: %s", printable(str(path)), printable(str(error)))
        return NOTHING


def _breaks(content: bytes, name: str) -> Breaks:
    if len(content) > BYTES:
        raise ValueError(f"longer than {BYTES} bytes")
    found = _object(json_text.parse(content), "the file")
    if name not in found:
        return NOTHING
    said = _object(found[name], name)
    if not isinstance(ways := said.get("ways"), list):
        raise ValueError(f"{name}: a list of ways is needed")
    request = _text(said["request"], "request") if "request" in said else ""
    return Breaks(request, tuple(_way(_object(way, "a way")) for way in ways[:WAYS]))


def _object(given: Any, name: str) -> Json:
    if not isinstance(given, dict):
        raise ValueError(f"{name}: {shown(given)} is not an object")
    return given


def _way(given: Json) -> Json:
    texts: Json = {
        language: _texts(given[language]) for language in ("en", "ru") if language in given
    }
    if "en" not in texts:
        raise ValueError("en: the texts are missing")
    kind = _text(given.get("experiment"), "experiment")
    return {"experiment": kind, "n": whole(given.get("n", 1), 1, MOST), **texts}


def _texts(given: Any) -> Json:
    texts = _object(given, "the texts")
    return {name: _text(texts.get(name), name) for name in ("press", "see")}


def _text(given: Any, name: str) -> str:
    if not isinstance(given, str) or not given or len(given) > CHARACTERS:
        raise ValueError(f"{name}: {shown(given)} is not a text of 1 to {CHARACTERS} characters")
    return given.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be sent on
