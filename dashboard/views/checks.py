"""The HTTP API of checks: begun, cancelled, read, shown again; and the lessons of their causes."""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard.checks.ask import TASKS
from dashboard.errors import BadInput, UnknownServer
from dashboard.numbers import shown
from dashboard.recording import talk
from dashboard.rights import Right, needs
from dashboard.supervision.supervisor import only
from dashboard.views.api import MOST, body, lab, number, opened
from dashboard.views.recordings import download, recorder
from labservers.checks import report_html, report_junit
from labservers.checks.texts import LANGUAGES, Language, causes, text

blueprint = Blueprint("checks", __name__, url_prefix="/api")

Json = dict[str, Any]


@blueprint.post("/programs/<name>/check")
def begin(name: str) -> tuple[Response, int]:
    """Begin a check; how it goes on is heard live."""
    opened(name)
    lab().own.checked(name, {})
    asked = only(body(), ("task", "running", "stop", "stream"))
    return jsonify({"check": lab().checks.start(name, asked)}), 202


@blueprint.post("/programs/<name>/check/again")
def again(name: str) -> tuple[Response, int]:
    """Show one probe again, slowly, with the program that runs."""
    lab().own.checked(name, {})
    probe = only(body(), ("probe",)).get("probe")
    return jsonify({"check": lab().checks.again(name, probe)}), 202


@blueprint.delete("/programs/<name>/check")
@needs(Right.CHANGE)
def cancel(name: str) -> Response:
    lab().supervisor.server(name)
    lab().checks.cancel(name)
    return jsonify({"check": lab().checks.view(name)})


@blueprint.get("/programs/<name>/check")
def check(name: str) -> Response:
    """How the newest check stands, the newest report, and the tasks that there are, in the
    language `lang`."""
    opened(name)
    kept = lab().checks.kept.get(name)
    report = kept.reports[language()] if kept else None
    tasks = [{"id": task, "title": text(language(), f"task.{task}")} for task in TASKS]
    return jsonify({"check": lab().checks.view(name), "report": report, "tasks": tasks})


@blueprint.get("/programs/<name>/check.html")
def as_html(name: str) -> Response:
    """The report as one file; it is saved, not shown, since its styles are its own."""
    return download([report_html.page([_report(name)])], f"{name}.html", "text/html")


@blueprint.get("/programs/<name>/check.xml")
def as_junit(name: str) -> Response:
    return download([report_junit.junit([_report(name)])], f"{name}.xml", "application/xml")


@blueprint.get("/programs/<name>/check.json")
def as_json(name: str) -> Response:
    words = json.dumps(_report(name), ensure_ascii=False, indent=1)
    return download([words], f"{name}.json", "application/json")


@blueprint.get("/programs/<name>/talk.json")
def conversation(name: str) -> Response:
    """A recorded `stream` as a conversation for `check --talk`."""
    stream = number("stream", 0, 0, MOST)
    found = recorder(name).read(lambda wire: wire.copy(stream))
    if not found:
        raise BadInput(f"stream: there is no connection {stream}", "see the wire")
    words = json.dumps(talk.recorded(*found[0]), ensure_ascii=False, indent=1)
    return download([words], f"{name}-{stream}.talk.json", "application/json")


@blueprint.get("/lessons")
def lessons() -> Response:
    """All causes, the gravest first: {id, level, title}."""
    return jsonify({"lessons": [_lesson(id) for id in causes()]})


@blueprint.get("/lessons/<id>")
def lesson(id: str) -> Response:
    """One cause, and where it was found: in `program`, else wherever it was found last."""
    if id not in causes():
        raise UnknownServer(f"there is no lesson {shown(id)}", "see GET /api/lessons")
    said = causes()[id][language()]
    whole = {"why": said["why"], "next_step": said["next_step"], "lesson": said["lesson"]}
    return jsonify({**_lesson(id), **whole, "found": _found(id, request.args.get("program"))})


def _lesson(id: str) -> Json:
    return {"id": id, "level": causes()[id]["level"], "title": causes()[id][language()]["title"]}


def _found(id: str, program: str | None) -> Json | None:
    """{program, title, finding} of the newest report that has it."""
    checks = lab().checks
    names = [program] if program else list(checks.kept.all())
    for name in names:
        report = checks.kept.get(name) if name in lab().programs else None
        for finding in report.reports[language()]["findings"] if report else ():
            if finding["id"] == id:
                return {"program": name, "title": lab().programs[name].title, "finding": finding}
    return None


def _report(name: str) -> Json:
    opened(name)
    kept = lab().checks.kept.get(name)
    if kept is None:
        raise UnknownServer(f"{name} was not checked yet", f"POST /api/programs/{name}/check")
    return kept.reports[language()]


def language() -> Language:
    """
    Raises:
        BadInput: `lang` in the query is neither.
    """
    asked = request.args.get("lang", "en")
    for known in LANGUAGES:
        if asked == known:
            return known
    raise BadInput(f"lang: {shown(asked)} is unknown", "use en or ru")
