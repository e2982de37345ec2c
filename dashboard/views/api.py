"""The HTTP API that starts, stops and reads the servers: thin, decisions are the supervisor's."""

import ast
import functools
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, send_file
from werkzeug.exceptions import RequestEntityTooLarge

from dashboard import json_text, numbers, security
from dashboard.errors import BadInput, LabError
from dashboard.lab import Lab
from dashboard.programs.program import Program
from dashboard.rights import Right, needs
from dashboard.supervision.supervisor import only
from labservers.observe import messages

blueprint = Blueprint("api", __name__, url_prefix="/api")

WAIT_MAX_S = 30.0
LOG_LIMIT = 1_000
MOST = 10**15
LOG_DOWNLOAD = 1_000_000
DESCRIPTION = Path(__file__).resolve().parent.parent / "openapi.json"


def lab() -> Lab:
    found: Lab = current_app.extensions["lab"]
    return found


def opened(name: str) -> Program:
    """The program of that name. A file becomes one, for a visitor who could start it.

    Raises:
        UnknownServer: there is neither.
    """
    may_open = security.right() >= Right.START and lab().holder is None
    return lab().own.open(name) if may_open else lab().programs.find(name)


def body() -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object.

    Raises:
        LabError: not a JSON object; the text says why. RequestEntityTooLarge: too long.
    """
    text = request.get_data()
    if request.content_length is None and len(text) == request.max_content_length:
        raise RequestEntityTooLarge  # in chunks, of which Werkzeug reads so many and no more
    if not text:
        return {}
    next_step = 'send {} with "Content-Type: application/json"'
    if not request.is_json:
        raise LabError(f"the body is {request.mimetype or 'of no type'}, not JSON", next_step)
    try:
        value = json_text.parse(text)
    except ValueError as error:
        raise LabError(f"the body cannot be read as JSON: {error}", next_step) from error
    if not isinstance(value, dict):
        raise LabError("the body is not a JSON object", next_step)
    return value


def answer(name: str, action: Callable[[], bool]) -> tuple[Response, int]:
    """The server: 202 when it was set in motion, 200 when already there or waited for."""
    seconds = wait_s()
    changed = action()
    if seconds:
        lab().supervisor.wait_settled(name, seconds)
    return jsonify(lab().supervisor.view(name)), 202 if changed and not seconds else 200


def wait_s() -> float:
    """Seconds to wait for the result, from the query; WAIT_MAX_S at most.

    Raises:
        BadInput: not such a number.
    """
    text = request.args.get("wait", "0")
    try:
        return min(numbers.decimal(numbers.from_text(text), 0, MOST), WAIT_MAX_S)
    except ValueError as error:
        raise BadInput(f"wait: {error}", "for example ?wait=5") from error


def number(name: str, default: int, least: int, most: int) -> int:
    """A whole number from the query; `most` where it is larger.

    Raises:
        BadInput: not one in that range.
    """
    text = request.args.get(name, str(default))
    try:
        return min(numbers.whole(numbers.from_text(text), least, MOST), most)
    except ValueError as error:
        raise BadInput(f"{name}: {error}", f"for example {name}={default}") from error


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """This API, described (OpenAPI 3.1)."""
    return send_file(DESCRIPTION, mimetype="application/json", max_age=0)


@blueprint.get("/servers")
def servers() -> Response:
    return jsonify({"servers": lab().supervisor.views()})


@blueprint.get("/servers/<name>")
def server(name: str) -> Response:
    return jsonify(lab().supervisor.view(name))


@blueprint.post("/servers/start")
def start_all() -> tuple[Response, int]:
    return _all(lab().supervisor.start_all)


@blueprint.post("/servers/stop")
@needs(Right.CHANGE)
def stop_all() -> tuple[Response, int]:
    return _all(lab().supervisor.stop_all)


def _all(action: Callable[[], bool]) -> tuple[Response, int]:
    seconds = wait_s()
    changed = action()
    deadline = time.monotonic() + seconds
    for name in lab().programs if seconds else ():
        lab().supervisor.wait_settled(name, max(0.0, deadline - time.monotonic()))
    return jsonify({"servers": lab().supervisor.views()}), 202 if changed else 200


@blueprint.post("/servers/<name>/start")
def start(name: str) -> tuple[Response, int]:
    chosen = _chosen(name)
    return answer(name, lambda: lab().supervisor.start(name, **chosen))


@blueprint.post("/servers/<name>/stop")
@needs(Right.CHANGE)
def stop(name: str) -> tuple[Response, int]:
    return answer(name, lambda: lab().supervisor.stop(name))


@blueprint.post("/servers/<name>/restart")
def restart(name: str) -> tuple[Response, int]:
    lab().own.checked(name, {})
    return answer(name, lambda: lab().supervisor.restart(name))


@blueprint.post("/servers/<name>/kill")
@needs(Right.CHANGE)
def kill(name: str) -> tuple[Response, int]:
    return answer(name, lambda: lab().supervisor.kill(name))


@blueprint.post("/servers/<name>/settings")
def settings(name: str) -> Response:
    lab().supervisor.configure(name, **_chosen(name))
    return jsonify(lab().supervisor.view(name))


def _chosen(name: str) -> dict[str, Any]:
    """The settings in the request's body; a program of the user answers to these addresses too."""
    choices = lab().supervisor.server(name).program.choices
    return lab().own.checked(name, only(body(), choices))


@blueprint.get("/servers/<name>/connections")
@blueprint.get("/servers/<name>/tasks")
def rows(name: str) -> Response:
    """The newest rows that the server sent; asking makes it send some even where no tab looks."""
    managed = lab().supervisor.server(name)
    with lab().watch(name, 2.0, "rows"):
        found = managed.fresh_rows(timeout_s=1.0)
    empty = messages.Rows(time.time(), "connections", 0, [])
    return jsonify(messages.as_dict(found or empty))


@blueprint.get("/servers/<name>/logs")
def logs(name: str) -> Response:
    book = lab().supervisor.server(name).reports.log
    query = request.args.get("q", "")
    if request.args.get("download"):
        lines = book.since(0, LOG_DOWNLOAD, query)["lines"]
        text = "".join(f"{line['level'].upper()} {line['text']}\n" for line in lines)
        headers = {"Content-Disposition": f'attachment; filename="{name}.log"'}
        return Response(text, mimetype="text/plain", headers=headers)
    return jsonify(
        book.since(number("since", 0, 0, MOST), number("limit", 200, 1, LOG_LIMIT), query)
    )


@blueprint.get("/restore")
def restoring() -> Response:
    """Whether what runs at the end of the dashboard is started again with it."""
    return jsonify({"wanted": lab().ran.wanted})


@blueprint.post("/restore")
def restore() -> Response:
    wanted = only(body(), ("wanted",)).get("wanted")
    if not isinstance(wanted, bool):
        raise BadInput(f"wanted: {numbers.shown(wanted)} is not true or false", "send true")
    lab().restore(wanted)
    return jsonify({"wanted": wanted})


@blueprint.post("/experiments/<name>")
def begin_experiment(name: str) -> tuple[Response, int]:
    """Bounded clients against a running program, or a freeze of it."""
    values = only(body(), ("kind", "n"))
    started = lab().experiments.start(name, values.get("kind"), values.get("n", 1))
    return jsonify({"experiment": started}), 202


@blueprint.delete("/experiments/<name>")
@needs(Right.CHANGE)
def end_experiment(name: str) -> Response:
    lab().supervisor.server(name)
    chosen = number("id", 0, 1, MOST) if "id" in request.args else None
    lab().experiments.stop(name, chosen)
    return jsonify({"experiments": lab().supervisor.server(name).view()["experiments"]})


@blueprint.get("/servers/<name>/source")
def source(name: str) -> Response:
    return jsonify(coroutines(lab().supervisor.server(name).program.module))


@functools.cache
def coroutines(module: str) -> dict[str, Any]:
    """The generator functions of a server's module, read as text: the code of its tasks."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return {"file": "", "functions": []}
    text = Path(spec.origin).read_text("utf-8")
    lines = text.splitlines()
    functions = [
        {
            "name": node.name,
            "start": node.lineno,
            "lines": lines[node.lineno - 1 : node.end_lineno],
        }
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and _yields(node)
    ]
    functions.sort(key=lambda function: int(str(function["start"])))
    return {"file": Path(spec.origin).name, "functions": functions}


def _yields(node: ast.FunctionDef) -> bool:
    return any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
