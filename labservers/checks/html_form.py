"""The form of a page: where it is sent, and its fields, filled with what fits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

GRADE = re.compile(
    r"grade|mark|score|point|ball|ocenk|otsenk|оценк|балл|number|num\b", re.IGNORECASE
)
PART = re.compile(r"<form\b.{,65536}?(?:</form>|\Z)", re.IGNORECASE | re.DOTALL)
MOST = 20  # forms
WORDS = re.compile(r"text|search|^$", re.IGNORECASE)


@dataclass
class Form:
    """action: a path, or "" for the page's own. fields: name and value, a text field for words
    has none yet (None)."""

    method: str = "get"
    action: str = ""
    fields: list[tuple[str, str | None]] = field(default_factory=list)

    def filled(self, words: str) -> bytes:
        """As a browser sends it, `words` in the first field for words (WHATWG URL, section 5)."""
        first = next((name for name, value in self.fields if value is None), None)
        pairs = [(n, words if n == first else "x" if v is None else v) for n, v in self.fields]
        return urlencode(pairs).encode()

    @property
    def takes_words(self) -> bool:
        return any(value is None for _, value in self.fields)


def form_of(page: str) -> Form | None:
    """The first form of a page that is sent with POST and has a field for words."""
    reader = _Reader()
    for part in PART.findall(page)[:MOST]:
        reader.feed(part)
    reader.close()
    fit = (one for one in reader.forms if one.method == "post" and one.takes_words)
    return next(fit, None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("method", "get").lower(), given.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None:
            self._field(self._open, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.fields.append((self._select, given.get("value", "")))
            self._select = None
        elif tag == "textarea" and name:
            form.fields.append((name, None))
        elif tag == "input" and name:
            form.fields.append((name, _value(name, given)))


def _value(name: str, given: dict[str, str]) -> str | None:
    """What is entered: None for words."""
    kind = given.get("type", "text").lower()
    hint = " ".join((name, given.get("placeholder", ""), given.get("id", "")))
    if kind in ("number", "range") or (WORDS.search(kind) and GRADE.search(hint)):
        return given.get("min") or "5"
    if kind == "date":
        return "2024-01-31"
    return None if WORDS.search(kind) and not given.get("value") else given.get("value", "x")
