"""The HTTP API that starts, stops and reads the servers: thin, decisions are the supervisor's."""

import ast
import functools
import importlib.util
import time
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, send_file

from dashboard.errors import BadInput, LabError, NotNow
from dashboard.lab import Lab
from dashboard.supervision.supervisor import only
from labservers.observe import messages

blueprint = Blueprint("api", __name__, url_prefix="/api")

WAIT_MAX_S = 30.0
LOG_LIMIT = 1_000
LOG_DOWNLOAD = 1_000_000
SLOW_MAX_S = 2.0
DESCRIPTION = Path(__file__).resolve().parent.parent / "openapi.json"
CHOICES = ("host", "port", "model")


def lab() -> Lab:
    found: Lab = current_app.extensions["lab"]
    return found


def body() -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object.

    Raises:
        LabError: something else.
    """
    if not request.get_data(cache=True):
        return {}
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise LabError(
            "the body is not a JSON object", 'send {} with "Content-Type: application/json"'
        )
    return value


def answer(name: str, changed: bool) -> tuple[Response, int]:
    """The server: 202 when it was set in motion, 200 when it was so already."""
    if seconds := wait_s():
        lab().supervisor.wait_settled(name, seconds)
        return jsonify(lab().supervisor.view(name)), 200
    return jsonify(lab().supervisor.view(name)), 202 if changed else 200


def wait_s() -> float:
    try:
        return min(max(float(request.args.get("wait", 0)), 0.0), WAIT_MAX_S)
    except ValueError:
        raise BadInput("wait is not a number of seconds", "for example ?wait=5") from None


def number(name: str, default: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise BadInput(f"{name}={text!r} is not a whole number", f"for example {name}={default}")
    return min(int(text), most)


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
    changed = lab().supervisor.start_all()
    return _all(changed)


@blueprint.post("/servers/stop")
def stop_all() -> tuple[Response, int]:
    changed = lab().supervisor.stop_all()
    return _all(changed)


def _all(changed: bool) -> tuple[Response, int]:
    if seconds := wait_s():
        for name in lab().programs:
            lab().supervisor.wait_settled(name, seconds)
    return jsonify({"servers": lab().supervisor.views()}), 202 if changed else 200


@blueprint.post("/servers/<name>/start")
def start(name: str) -> tuple[Response, int]:
    return answer(name, lab().supervisor.start(name, **only(body(), CHOICES)))


@blueprint.post("/servers/<name>/stop")
def stop(name: str) -> tuple[Response, int]:
    return answer(name, lab().supervisor.stop(name))


@blueprint.post("/servers/<name>/restart")
def restart(name: str) -> tuple[Response, int]:
    return answer(name, lab().supervisor.restart(name))


@blueprint.post("/servers/<name>/kill")
def kill(name: str) -> tuple[Response, int]:
    return answer(name, lab().supervisor.kill(name))


@blueprint.post("/servers/<name>/settings")
def settings(name: str) -> Response:
    lab().supervisor.configure(name, **only(body(), CHOICES))
    return jsonify(lab().supervisor.view(name))


@blueprint.post("/servers/<name>/loop")
def loop(name: str) -> tuple[Response, int]:
    """Pause, step, resume or slow the event loop."""
    program = lab().supervisor.server(name).program
    if not program.can("loop"):
        able = [other.name for other in lab().programs.values() if other.can("loop")]
        raise NotNow(f"{name} has no event loop to hold", f"use {' or '.join(able)}")
    values = only(body(), ("action", "seconds"))
    action, seconds = values.get("action"), values.get("seconds", 0)
    if action not in ("pause", "step", "resume", "slow"):
        raise BadInput(f"action: {action!r} is unknown", "use pause, step, resume or slow")
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds <= SLOW_MAX_S
    ):
        raise BadInput("seconds: a number from 0 to 2 is needed", 'for example "seconds": 0.1')
    lab().supervisor.command(name, _loop_command(action, float(seconds)))
    return jsonify(lab().supervisor.view(name)), 202


def _loop_command(action: str, seconds: float) -> messages.Command:
    commands: dict[str, messages.Command] = {
        "pause": messages.Pause(),
        "step": messages.Step(),
        "resume": messages.Resume(),
        "slow": messages.Slow(seconds),
    }
    return commands[action]


@blueprint.get("/servers/<name>/connections")
@blueprint.get("/servers/<name>/tasks")
def rows(name: str) -> Response:
    """The newest rows that the server sent; asking makes it send some when nobody looks."""
    managed = lab().supervisor.server(name)
    with lab().watch(name, 2.0, "rows"):
        found = managed.fresh_rows(timeout_s=1.0)
    empty = messages.Rows(time.time(), "connections", 0, [])
    return jsonify(messages.as_dict(found or empty))


@blueprint.get("/servers/<name>/logs")
def logs(name: str) -> Response:
    book = lab().supervisor.server(name).log
    query = request.args.get("q", "")
    if request.args.get("download"):
        lines = book.since(0, LOG_DOWNLOAD, query)["lines"]
        text = "".join(f"{line['level'].upper()} {line['text']}\n" for line in lines)
        headers = {"Content-Disposition": f'attachment; filename="{name}.log"'}
        return Response(text, mimetype="text/plain", headers=headers)
    return jsonify(book.since(number("since", 0, 1 << 60), number("limit", 200, LOG_LIMIT), query))


@blueprint.post("/experiments/<name>")
def begin_experiment(name: str) -> tuple[Response, int]:
    """Bounded clients against a running server."""
    values = only(body(), ("kind", "n"))
    started = lab().experiments.start(name, values.get("kind"), values.get("n", 1))
    return jsonify({"experiment": started}), 202


@blueprint.delete("/experiments/<name>")
def end_experiment(name: str) -> Response:
    lab().supervisor.server(name)
    lab().experiments.stop(name)
    return jsonify({"experiment": None})


@blueprint.get("/servers/<name>/source")
def source(name: str) -> Response:
    return jsonify(coroutines(lab().supervisor.server(name).program.module))


@functools.cache
def coroutines(module: str) -> dict[str, Any]:
    """The generator functions of a server's module, read as text: what its tasks run."""
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
