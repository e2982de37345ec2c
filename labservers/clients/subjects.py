"""Lists the grades of a student, or saves one with --subject and --grade."""

import argparse
import http.client
import json
from typing import Any

from labservers.clients import exchange, terminal

TIMEOUT_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("student", type=_student, help="the student's number")
    parser.add_argument("--subject", help="a subject to save a grade for")
    parser.add_argument("--grade", type=int, help="the grade, 1 to 5")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when there is no server or it refuses."""
    row = None
    if options.subject is not None or options.grade is not None:
        row = {"subject": options.subject, "grade": options.grade}
    try:
        status, answer = ask(options.host, options.port, options.student, row)
    except (ConnectionError, TimeoutError, http.client.HTTPException):
        return terminal.no_server(options.host, options.port)
    if status >= 400:
        return terminal.complain(
            f"refused with {status}: {answer}", f"отказ, код {status}: {answer}"
        )
    for entry in answer["subjects"] if row is None else [answer]:
        print(f"{entry['subject']:<32} {entry['grade']}  {entry['saved_at']}")
    if row is None and not answer["subjects"]:
        print(terminal.text("No grades yet.", "Оценок пока нет."))
    return 0


def ask(
    host: str, port: int, student: str, row: dict[str, Any] | None, timeout_s: float = TIMEOUT_S
) -> tuple[int, Any]:
    """GET the student's grades, or POST one; the status and the JSON answer.

    Raises:
        ConnectionError, TimeoutError, http.client.HTTPException: no proper answer came.
    """
    connection = http.client.HTTPConnection(exchange.reachable(host), port, timeout=timeout_s)
    headers = {"Accept": "application/json", "Connection": "close"}
    try:
        if row is None:
            connection.request("GET", f"/subjects/{student}", headers=headers)
        else:
            headers["Content-Type"] = "application/json"
            body = json.dumps(row).encode()
            connection.request("POST", f"/subjects/{student}", body, headers)
        response = connection.getresponse()
        body = response.read(exchange.REPLY_LIMIT)
    finally:
        connection.close()
    try:
        return response.status, json.loads(body)
    except ValueError:
        return response.status, body.decode("utf-8", "replace")


def _student(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a student's number, as 1")
    return text


def check(host: str, port: int, timeout_s: float) -> None:
    """Raises exchange.CheckFailed unless the grades of student 0 can be had."""
    try:
        status, _ = ask(host, port, "0", None, timeout_s)
    except (OSError, http.client.HTTPException) as error:
        raise exchange.CheckFailed(f"GET /subjects/0 was not answered: {error}") from error
    if not 200 <= status < 300:
        raise exchange.CheckFailed(f"GET /subjects/0 gave {status}")
