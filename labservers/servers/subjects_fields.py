"""The fields of a POST to a student: out of a form or JSON, and what may be saved of them."""

import json
import re

from labservers.protocols.http11 import HTTPError, Request
from labservers.protocols.http11_message import WHITE_SPACE
from labservers.servers.gradebook import Row

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SUBJECT_CHARACTERS = 200
GRADES = {str(grade): grade for grade in range(1, 6)}
FIELDS_AT_MOST = 20
(PERCENT,) = b"%"  # as a number: to look for one in bytes is six times faster than for bytes
ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
NOT_A_CHARACTER = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs


class Unprocessable(HTTPError):
    """Fields that cannot be saved: `problems` by field name."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(422, "; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


def row_of(request: Request, student: str) -> Row:
    """The row that a POST asks to save.

    Raises:
        HTTPError: 415 another media type, 400 an unreadable body. Unprocessable: wrong fields.
    """
    check_media(request)
    if request.media == JSON:
        return _row(student, _from_json(request.body), is_json=True)
    return row_of_form(student, request.body)


def row_of_form(student: str, body: bytes) -> Row:
    """As row_of()."""
    return _row(student, _from_form(body), is_json=False)


def _row(student: str, fields: dict[str, object], *, is_json: bool) -> Row:
    problems: dict[str, str] = {}
    subject = _subject(fields.get("subject"), problems)
    grade = _grade(fields.get("grade"), problems, is_json=is_json)
    if problems:
        raise Unprocessable(problems)
    return Row(student, subject, grade)


def check_media(request: Request) -> None:
    """Raises HTTPError 415 for a body that is neither a form nor JSON."""
    if request.media not in (JSON, FORM):
        raise HTTPError(415, f"send the fields as {FORM} or {JSON}", {"Accept": f"{FORM}, {JSON}"})


def unescaped(text: str, errors: str = "strict") -> str:
    """Characters out of bytes in UTF-8, each of them a character of `text` or escaped in it.

    Raises:
        ValueError: they are not UTF-8, unless `errors` says otherwise (bytes.decode()).
    """
    spaced = text.encode("latin-1").replace(b"+", b" ")
    whole = ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), spaced)
    return whole.decode("utf-8", errors)


def _from_form(body: bytes) -> dict[str, object]:
    """application/x-www-form-urlencoded (URL Standard, section 5.1), in UTF-8 alone."""
    escaped = PERCENT in body
    spaced = body.replace(b"+", b" ")
    fields: dict[str, object] = {}
    try:
        pairs = spaced.decode("latin-1" if escaped else "utf-8").split("&", FIELDS_AT_MOST)
        for pair in pairs:
            name, _, value = pair.partition("=")
            if escaped:
                name, value = unescaped(name), unescaped(value)
            fields[name] = value
    except ValueError as error:
        raise HTTPError(400, "the body is not a form in UTF-8") from error
    if len(pairs) > FIELDS_AT_MOST:
        raise HTTPError(400, f"the form has more than {FIELDS_AT_MOST} fields")
    return fields


def _not_json(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


# NaN and Infinity are not JSON (RFC 8259 section 6), though json.loads() takes them.
# Whole numbers are read as floats, since int() refuses thousands of digits: what is too large for
# one is infinite, and no grade.
_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_not_json)


def _from_json(body: bytes) -> dict[str, object]:
    """A byte order mark is read over (RFC 8259 section 8.1)."""
    try:
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise HTTPError(400, "the body is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise HTTPError(400, 'the body is not a JSON object like {"subject": "Maths", "grade": 5}')
    return value


def _subject(value: object, problems: dict[str, str]) -> str:
    text = value.strip(WHITE_SPACE) if isinstance(value, str) else ""
    if not 0 < len(text) <= SUBJECT_CHARACTERS:
        problems["subject"] = f"1 to {SUBJECT_CHARACTERS} characters are needed"
    elif text.isspace():
        problems["subject"] = "a character that can be seen is needed"
    elif not text.isprintable() and NOT_A_CHARACTER.search(text):
        problems["subject"] = "NUL and halves of surrogate pairs are not characters"
    return text


def _grade(value: object, problems: dict[str, str], *, is_json: bool) -> int:
    """1 to 5: in a form one digit; in JSON a number, of which 5.0 is the same one as 5 (RFC 8259
    section 6 knows no kinds of numbers)."""
    if isinstance(value, str) and not is_json:
        grade = GRADES.get(value.strip(WHITE_SPACE), 0)
    elif isinstance(value, float) and value in range(1, 6):
        grade = int(value)
    else:
        grade = 0
    if not grade:
        problems["grade"] = "a whole number from 1 to 5 is needed"
    return grade
