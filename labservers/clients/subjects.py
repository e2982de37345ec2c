"""Lists the grades of a student, or saves one with --subject and --grade."""

import argparse
import json
from typing import Any, NamedTuple

from labservers.clients import exchange, http, terminal
from labservers.net.addresses import connect_host

TIMEOUT_S = 5.0


class NotOurs(ValueError):
    """An answer that no subjects server gives."""


class Row(NamedTuple):
    """A saved grade."""

    subject: str
    grade: int
    saved_at: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("student", type=_student, help="the student's number")
    parser.add_argument("--subject", help="a subject to save a grade for")
    parser.add_argument("--grade", type=_grade, help="the grade, 1 to 5")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when there is no server, or it refuses, or it is another one."""
    host, port = options.host, options.port
    saving = options.subject is not None or options.grade is not None
    row = {"subject": options.subject, "grade": options.grade} if saving else None
    result = ask(host, port, options.student, row)
    if result.ended != "reply":
        return terminal.no_answer(result, host, port)
    try:
        reply = http.parse(result.received)
        if reply.status >= 400:
            return _refused(reply)
        rows = _rows(reply, saving=saving)
    except ValueError:
        return terminal.another_server(host, port, "a list of grades", "список оценок")
    for subject, grade, saved_at in rows:
        print(f"{terminal.one_line(subject):<32} {grade}  {terminal.one_line(saved_at)}")
    if not rows:
        print(terminal.text("No grades yet.", "Оценок пока нет."))
    return 0


def ask(
    host: str, port: int, student: str, row: dict[str, Any] | None, timeout_s: float = TIMEOUT_S
) -> exchange.Exchange:
    """GET the student's grades, or POST one. Raises OSError: the host name is unknown."""
    target, address = f"/subjects/{student}", (connect_host(host), port)
    fields = {"Accept": "application/json"}
    if row is None:
        asked = http.request("GET", target, address, fields)
    else:
        fields["Content-Type"] = "application/json"
        asked = http.request("POST", target, address, fields, json.dumps(row).encode())
    return exchange.tcp(host, port, asked, timeout_s)


def _rows(reply: http.Reply, *, saving: bool) -> list[Row]:
    """The rows of an answer. Raises ValueError: it has none of ours."""
    answer = _json(reply)
    found = [answer] if saving else answer.get("subjects")
    if not 200 <= reply.status < 300 or not isinstance(found, list):
        raise NotOurs
    return [_row(entry) for entry in found]


def _row(entry: Any) -> Row:
    if not isinstance(entry, dict):
        raise NotOurs
    row = Row(entry.get("subject", ""), entry.get("grade", 0), entry.get("saved_at", ""))
    if [type(value) for value in row] != [str, int, str]:
        raise NotOurs
    return row


def _json(reply: http.Reply) -> dict[str, Any]:
    try:
        answer = json.loads(reply.body)
    except RecursionError as error:
        raise NotOurs from error
    if not isinstance(answer, dict):
        raise NotOurs
    return answer


def _refused(reply: http.Reply) -> int:
    """Show the server's own words; of another server's refusal the status alone."""
    try:
        answer = _json(reply)
        problems = answer.get("fields")
        said = "; ".join(problems.values()) if problems else answer["error"]
        reason = ": " + terminal.one_line(said)[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = ""
    return terminal.complain(
        f"refused with {reply.status}{reason}", f"отказ, код {reply.status}{reason}"
    )


def _student(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a student's number, as 1")
    return text


def _grade(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is not a grade, as 5")
    return int(text)


def check(host: str, port: int, timeout_s: float) -> None:
    """Raises exchange.CheckFailed unless the grades of student 0 can be had."""
    result = ask(host, port, "0", None, timeout_s)
    try:
        reply = http.parse(result.received)
    except http.NotHTTP as error:
        raise exchange.CheckFailed(f"GET /subjects/0 was not answered ({result.ended})") from error
    if not 200 <= reply.status < 300:
        raise exchange.CheckFailed(f"GET /subjects/0 gave {reply.status}")
