"""What the subjects server answers: a request to a response, no sockets, no waiting.

A POST is checked here and comes back as a Row, which the server saves.
"""

import functools
import json
import re

from labservers.protocols.http11 import HTTPError, Request, Response
from labservers.servers import subjects_pages as pages
from labservers.servers.gradebook import Grade, Row

PATH = re.compile(r"/subjects/([0-9]{1,30})")
JSON, FORM, HTML = "application/json", "application/x-www-form-urlencoded", "text/html"
STUDENT_METHODS, ROOT_METHODS = "GET, HEAD, POST, OPTIONS", "GET, HEAD, OPTIONS"
METHODS = {allowed: frozenset(allowed.split(", ")) for allowed in (STUDENT_METHODS, ROOT_METHODS)}
SUBJECT_CHARACTERS = 200
GRADES = {str(grade): grade for grade in range(1, 6)}
PERCENT, PLUS = b"%+"  # as numbers: to look for one in bytes is six times faster than for bytes
ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
NO_CHARACTER = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs
FIELDS_AT_MOST = 20


class Unprocessable(HTTPError):
    """Fields that cannot be saved: `problems` by field name."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(422, "; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


def student_of(request: Request) -> str | None:
    """The student's id without leading zeros, None for `/`.

    Raises:
        HTTPError: 404 for other paths, 405 for methods that are known but not for this path.
    """
    student = _student(request.path)
    if student is None and request.target == "*":
        return None
    if student is None and request.path != "/" and request.method != "CONNECT":
        raise HTTPError(404, "there is nothing here; grades are at /subjects/<id>, id in digits")
    allowed = ROOT_METHODS if student is None else STUDENT_METHODS
    if request.method not in METHODS[allowed]:
        detail = f"{request.method} is not allowed here; allowed are {allowed}"
        raise HTTPError(405, detail, {"Allow": allowed})
    return student


@functools.lru_cache(maxsize=2048)
def _student(path: str) -> str | None:
    matched = PATH.fullmatch(path)
    return None if matched is None else matched[1].lstrip("0") or "0"


def wants_json(request: Request) -> bool:
    """Whether Accept prefers JSON to HTML (RFC 9110 section 12.5.1); HTML where it is a tie."""
    accept = request.headers.get("accept")
    return accept is not None and _prefers_json(accept)


@functools.lru_cache(maxsize=256)
def _prefers_json(accept: str) -> bool:
    return _quality(accept, JSON) > _quality(accept, HTML)


def _quality(accept: str, kind: str) -> float:
    """The weight of the most specific range that matches."""
    best, quality = -1, 0.0
    for entry in accept.lower().split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        ranges = ("*/*", kind.partition("/")[0] + "/*", kind)
        if media in ranges and ranges.index(media) > best:
            best, quality = ranges.index(media), 1.0
            for parameter in parameters:
                if parameter.startswith("q="):
                    quality = _weight(parameter[2:])
    return quality


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", text) else 0.0


def options(student: str | None) -> Response:
    return Response(204, headers={"Allow": ROOT_METHODS if student is None else STUDENT_METHODS})


def root(*, as_json: bool) -> Response:
    """What there is on this port."""
    if as_json:
        return _json(200, {"subjects": "/subjects/{student}", "methods": STUDENT_METHODS})
    return _html(200, pages.root())


def listing(student: str, grades: list[Grade], *, as_json: bool) -> Response:
    """All grades of a student."""
    if as_json:
        rows = [_row(grade) for grade in grades]
        return _json(200, {"student": int(student), "subjects": rows})
    return _html(200, pages.student(student, grades))


def row_of(request: Request, student: str) -> Row:
    """The row that a POST asks to save.

    Raises:
        HTTPError: 415 another media type, 400 an unreadable body. Unprocessable: wrong fields.
    """
    media = request.section.media
    if media == JSON:
        fields = _from_json(request.body)
    elif media == FORM:
        fields = _from_form(request.body)
    else:
        raise HTTPError(415, f"send the fields as {FORM} or {JSON}", {"Accept": f"{FORM}, {JSON}"})
    problems: dict[str, str] = {}
    subject = _subject(fields.get("subject"), problems)
    grade = _grade(fields.get("grade"), problems, typed=media == JSON)
    if problems:
        raise Unprocessable(problems)
    return Row(student, subject, grade)


def _from_json(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise HTTPError(400, "the body is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise HTTPError(400, 'the body is not a JSON object like {"subject": "Maths", "grade": 5}')
    return value


def _from_form(body: bytes) -> dict[str, object]:
    """application/x-www-form-urlencoded (URL Standard, section 5.1), in UTF-8 alone."""
    escaped = PERCENT in body or PLUS in body
    fields: dict[str, object] = {}
    try:
        text = body.decode("latin-1" if escaped else "utf-8")
        pairs = text.split("&", FIELDS_AT_MOST)
        for pair in pairs:
            name, _, value = pair.partition("=")
            if escaped:
                name, value = _unescaped(name), _unescaped(value)
            fields[name] = value
    except ValueError as error:
        raise HTTPError(400, "the body is not a form in UTF-8") from error
    if len(pairs) > FIELDS_AT_MOST:
        raise HTTPError(400, f"the form has more than {FIELDS_AT_MOST} fields")
    return fields


def _unescaped(text: str) -> str:
    """Bytes, which the text's characters stand for, to characters."""
    spaced = text.encode("latin-1").replace(b"+", b" ")
    return ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), spaced).decode("utf-8")


def _subject(value: object, problems: dict[str, str]) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= SUBJECT_CHARACTERS:
        problems["subject"] = f"1 to {SUBJECT_CHARACTERS} characters are needed"
    elif not text.isprintable() and NO_CHARACTER.search(text):
        problems["subject"] = "it has characters that are none"
    return text


def _grade(value: object, problems: dict[str, str], *, typed: bool) -> int:
    if not typed and isinstance(value, str) and (grade := GRADES.get(value.strip())):
        return grade
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5:
        return value
    problems["grade"] = "a whole number from 1 to 5 is needed"
    return 0


def saved(request: Request, row: Row) -> Response:
    """303 to the page for a form in a browser, 201 with the row for a program."""
    if request.section.media == FORM and not wants_json(request):
        return _see_other(row.student)
    response = _json(201, {"student": int(row.student), **_row(row)})
    response.headers["Location"] = f"/subjects/{row.student}"
    return response


@functools.lru_cache(maxsize=2048)
def _see_other(student: str) -> Response:
    return Response(303, headers={"Location": f"/subjects/{student}"})


def refusal(error: HTTPError, *, as_json: bool) -> Response:
    """An error in the format that was asked for."""
    problems = error.problems if isinstance(error, Unprocessable) else {}
    if as_json:
        body: dict[str, object] = {"status": error.status, "error": error.detail}
        if problems:
            body["fields"] = problems
        response = _json(error.status, body)
    else:
        response = _html(error.status, pages.error(error.status, error.detail, problems))
    response.headers.update(error.headers)
    return response


def _row(grade: Grade | Row) -> dict[str, object]:
    return {"subject": grade.subject, "grade": grade.grade, "saved_at": grade.saved_at}


# Who asks the same address with another Accept is to get another answer (RFC 9110 12.5.5).
HEADERS = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}


def _json(status: int, value: object) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
    return Response(status, body, JSON, HEADERS)


def _html(status: int, text: str) -> Response:
    headers = {
        **HEADERS,
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
        "form-action 'self'; base-uri 'none'",
    }
    return Response(status, text.encode(), "text/html; charset=utf-8", headers)
