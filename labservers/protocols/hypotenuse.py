"""Task 2 on the wire: one JSON object of two legs in, one line out.

A request is over when it parses, in whatever pieces it came. What can never become a request
is refused as early as that is certain: at a first sign that is not a `{`, at a `}` that closes
no request (a proper one has only its last), and at the end of a line that is not a beginning of
JSON. So the text is parsed a handful of times at most, however slowly it drips.
"""

import json
import math
from typing import Any

LIMIT = 65_536  # bytes in a request
DEADLINE_S = 10.0  # for the whole request
# { "a" : 3 , "b" : 4 } has nine tokens, so a request has no more lines with something on them.
LINES_LIMIT = 9

EXPECTED = 'expected one JSON object like {"a": 3, "b": 4}'
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"  # RFC 8259 section 2


class Refused(ValueError):
    """Not a request; the text says why, and what is expected."""


class Request:
    """One request as it comes in: receive() until it is complete, then legs()."""

    def __init__(self) -> None:
        self.complete = False
        self._data = b""
        self._lines = 0
        self._judged = 0

    def receive(self, data: bytes) -> None:
        """The next bytes of it; empty bytes are the end of the stream.

        Raises:
            Refused: no further bytes can make a request of it.
        """
        self._data += data
        if not data or b"}" in data or len(self._data) > LIMIT or not self._begins_well():
            self.complete = True
        elif b"\n" in data:
            self._judge_lines()

    def legs(self) -> tuple[float, float]:
        """Both numbers. Raises Refused."""
        return parse(self._data)

    @property
    def line_end(self) -> str:
        """The end of the answer: a line is answered with a line."""
        return "\n" if self._data.endswith(b"\n") else ""

    def _begins_well(self) -> bool:
        if BYTE_ORDER_MARK.startswith(self._data):
            return True  # the mark, or a part of it, or nothing yet
        text = self._data.removeprefix(BYTE_ORDER_MARK).lstrip(BLANK)
        return not text or text.startswith(b"{")

    def _judge_lines(self) -> None:
        whole_lines = self._data[: self._data.rindex(b"\n")].rstrip(BLANK)
        if len(whole_lines) == self._judged:
            return  # only blank lines came
        new_lines = whole_lines[self._judged :].split(b"\n")
        self._lines += sum(bool(line.strip(BLANK)) for line in new_lines)
        self._judged = len(whole_lines)
        if self._lines > LINES_LIMIT:
            raise Refused(f"too many lines; {EXPECTED}")
        refuse_broken_beginning(whole_lines)


def hypotenuse(a: float, b: float) -> float:
    """The hypotenuse, without overflow or underflow on the way to it.

    Raises:
        Refused: it is too large for a float.
    """
    result = math.hypot(a, b)
    if math.isinf(result):
        raise Refused("the hypotenuse is too large for a float; expected smaller legs")
    return result


def parse(request: bytes) -> tuple[float, float]:
    """Both legs of a complete request.

    Raises:
        Refused: it is not one.
    """
    if len(request) > LIMIT:
        raise Refused(f"longer than {LIMIT:,} bytes; {EXPECTED}")
    text = _decode(request)
    if not text.strip(" \t\r\n"):
        raise Refused(f"nothing was sent; {EXPECTED}")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Refused(f"not JSON: {_described(error)}; {EXPECTED}") from error
    except RecursionError as error:
        raise Refused(f"nested too deeply; {EXPECTED}") from error
    if not isinstance(value, _Object):
        raise Refused(f"{_kind(value)}, not an object; {EXPECTED}")
    names = [name for name, _ in value]
    if sorted(names) != ["a", "b"]:
        raise Refused(f"{_wrong_keys(names)}; {EXPECTED}")
    legs = dict(value)
    return _leg("a", legs["a"]), _leg("b", legs["b"])


def refuse_broken_beginning(lines: bytes) -> None:
    """Refuse whole lines that no further line can complete to JSON.

    No token of JSON reaches over a line's end, so the parser of a proper beginning runs out
    of text exactly at its end. Raises Refused.
    """
    text = _decode(lines)
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        if error.pos < len(text):
            raise Refused(f"not JSON: {_described(error)}; {EXPECTED}") from error
    except RecursionError as error:
        raise Refused(f"nested too deeply; {EXPECTED}") from error


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a key that stands twice is seen."""


class _Constant(str):
    """NaN, Infinity or -Infinity: Python's reader knows them, JSON does not."""

    __slots__ = ()


# Whole numbers are read as floats: int() refuses more than 4,300 digits and is slow before.
_DECODER = json.JSONDecoder(object_pairs_hook=_Object, parse_int=float, parse_constant=_Constant)

_KINDS = {
    _Object: "an object",
    _Constant: "NaN or infinite",
    bool: "true or false",
    float: "a number",
    list: "a list",
    str: "a string",
    type(None): "null",
}


def _kind(value: Any) -> str:
    return _KINDS[type(value)]


def _leg(name: str, value: Any) -> float:
    if not isinstance(value, float):
        raise Refused(f'"{name}" is {_kind(value)}; expected a finite number')
    if math.isinf(value):
        raise Refused(f'"{name}" is too large for a float; expected a number up to 1.7e308')
    if value < 0:
        raise Refused(f'"{name}" is negative; expected zero or more')
    return value


def _wrong_keys(names: list[str]) -> str:
    for name in names:
        if name not in ("a", "b"):
            return f"unexpected key {_shown(name)}"
        if names.count(name) > 1:
            return f"repeated key {_shown(name)}"
    return f'missing key "{"b" if "a" in names else "a"}"'


def _shown(name: str) -> str:
    quoted = json.dumps(name)  # ASCII, on one line
    return quoted if len(quoted) <= 40 else quoted[:36] + '..."'


def _described(error: json.JSONDecodeError) -> str:
    message = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
    return f"{message} at line {error.lineno}, character {error.colno}"


def _decode(data: bytes) -> str:
    try:
        return data.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError as error:
        raise Refused(f"not UTF-8 at byte {error.start + 1}; {EXPECTED}") from error
