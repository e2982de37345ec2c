"""The answers of the subjects server: a request to a response, no sockets, no waiting.

A POST is checked here and comes back as a Row, which the server saves; what its fields are is in
subjects_fields.py.
"""

import json
import re

from labservers.protocols.http11 import HTTPError, Request, Response
from labservers.protocols.http11_message import WHITE_SPACE, normal_path
from labservers.servers import subjects_pages as pages
from labservers.servers.gradebook import NEWEST, Grade, Page, Row
from labservers.servers.subjects_fields import FORM, JSON, Unprocessable, check_media, unescaped

HTML = "text/html"
PATH = re.compile(r"/subjects/([0-9]{1,30})")
STUDENT_METHODS, ROOT_METHODS = "GET, HEAD, POST, OPTIONS", "GET, HEAD, OPTIONS"
METHODS = {allowed: frozenset(allowed.split(", ")) for allowed in (STUDENT_METHODS, ROOT_METHODS)}
ROW_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
# A request for the same address with another Accept is to get another answer (RFC 9110 12.5.5).
HEADERS = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"


def student_of(request: Request) -> str | None:
    """The student's id without leading zeros, None for `/` and for the server as a whole.

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


def check(request: Request) -> None:
    """The refusal that needs no body, if there is one.

    Raises:
        HTTPError: as student_of(), and 415 for a POST of another media type.
    """
    student_of(request)
    if request.method == "POST":
        check_media(request)


def _student(path: str) -> str | None:
    matched = PATH.fullmatch(normal_path(path))
    return None if matched is None else matched[1].lstrip("0") or "0"


def before_of(request: Request) -> int | None:
    """The row in ?before=ROW, None without it; other parameters are ignored.

    Raises:
        HTTPError: 400 for what is not a row, or more than one.
    """
    if not names_a_row(request.query):
        return None
    pairs = [pair.partition("=") for pair in request.query.split("&")]
    rows = [unescaped(value, "replace") for name, _, value in pairs if _is_before(name)]
    if not rows:
        return None
    if len(rows) > 1 or not ROW_NUMBER.fullmatch(rows[0]) or int(rows[0]) > NEWEST:
        raise HTTPError(400, "before= is the number of a row, once, as in the link to older grades")
    return int(rows[0])


def _is_before(name: str) -> bool:
    return unescaped(name, "replace") == "before"


def names_a_row(query: str) -> bool:
    """Whether there may be a before= in it, perhaps escaped."""
    return "before" in query or "%" in query


def wants_json(request: Request) -> bool:
    """Whether its answer is to be JSON and not HTML."""
    return request.accept != "" and prefers_json(request.accept)


def prefers_json(accept: str) -> bool:
    """Whether Accept prefers JSON to HTML (RFC 9110 section 12.5.1); HTML where it is a tie."""
    return _quality(accept, JSON) > _quality(accept, HTML)


def _quality(accept: str, kind: str) -> float:
    """The weight of the most specific range that matches."""
    best, quality = -1, 0.0
    ranges = ("*/*", kind.partition("/")[0] + "/*", kind)
    for entry in accept.lower().split(","):
        media, *parameters = (part.strip(WHITE_SPACE) for part in entry.split(";"))
        if media in ranges and ranges.index(media) > best:
            best, quality = ranges.index(media), 1.0
            for parameter in parameters:
                if parameter.startswith("q="):
                    quality = _weight(parameter[2:])
    return quality


def _weight(text: str) -> float:
    return float(text) if WEIGHT.fullmatch(text) else 0.0


def options(student: str | None) -> Response:
    return Response(204, headers={"Allow": ROOT_METHODS if student is None else STUDENT_METHODS})


def root(request: Request) -> Response:
    """A page that lists the addresses of this port."""
    if wants_json(request):
        return _json(200, {"subjects": "/subjects/{student}", "methods": STUDENT_METHODS})
    return _html(200, pages.root())


def listing(student: str, page: Page, *, as_json: bool, newest: bool = True) -> Response:
    """Grades of a student, with a link to older ones (RFC 8288) where there are any."""
    older = "" if page.older is None else f"/subjects/{student}?before={page.older}"
    if as_json:
        rows = [_row(grade) for grade in page.grades]
        link = {"older": older} if older else {}
        response = _json(200, {"student": int(student), "subjects": rows, **link})
    else:
        response = _html(200, pages.student(student, page.grades, older=older, newest=newest))
    if older:
        response.headers["Link"] = f'<{older}>; rel="next"'
    return response


def saved(request: Request, row: Row) -> Response:
    """303 to the page for a form in a browser, 201 with the row for a program."""
    to_page = page_of(row.student)
    if request.media == FORM and not wants_json(request):
        return to_page
    response = _json(201, {"student": int(row.student), **_row(row)})
    response.headers.update(to_page.headers)
    return response


def page_of(student: str) -> Response:
    """A redirect to the page with a student's grades, which is to be asked for by GET."""
    return Response(303, headers={"Location": f"/subjects/{student}"})


def refusal(error: HTTPError, request: Request | None) -> Response:
    """An error in the format that was asked for; `request`: as far as it was understood."""
    problems = error.problems if isinstance(error, Unprocessable) else {}
    if request is not None and wants_json(request):
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


def _json(status: int, value: object) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
    return Response(status, body, JSON, HEADERS)


def _html(status: int, text: str) -> Response:
    headers = {**HEADERS, "Content-Security-Policy": POLICY}
    return Response(status, text.encode(), "text/html; charset=utf-8", headers)
