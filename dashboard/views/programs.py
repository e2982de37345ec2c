"""The HTTP API of all programs: the user's, and the lab's by the same calls."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard import security
from dashboard.programs import source as sources
from dashboard.rights import Right, needs
from dashboard.supervision.supervisor import only
from dashboard.views.api import answer, body, lab, opened

blueprint = Blueprint("programs", __name__, url_prefix="/api/programs")


@blueprint.get("")
def programs() -> Response:
    """All programs, the files that could become one, and the Pythons that could run them."""
    return _list()


@blueprint.post("/look")
@needs(Right.CHANGE)
def look() -> Response:
    """Look for files anew; those that `lab open` has named are programs from now on."""
    lab().own.take_opened()
    return _list()


def _list() -> Response:
    found = lab().pythons.found()
    return jsonify(
        {
            "programs": lab().supervisor.views(),
            "files": _files(),
            "pythons": [{"path": python.path, "version": python.version} for python in found],
        }
    )


def _files() -> list[dict[str, Any]]:
    """Those that a visitor could start; they are nobody else's business."""
    return lab().own.files() if security.right() >= Right.START else []


@blueprint.get("/<name>")
def program(name: str) -> Response:
    """A program; a file that was not looked at before becomes one."""
    opened(name)
    return jsonify(lab().supervisor.view(name))


@blueprint.delete("/<name>")
def forget(name: str) -> Response:
    """Let a program of the user go, with its settings and its report. Its file is not touched."""
    lab().checks.cancel(name)
    lab().own.forget(name)
    lab().checks.forget(name)
    return jsonify({"files": _files()})


@blueprint.post("/<name>/start")
def start(name: str) -> tuple[Response, int]:
    chosen = _chosen(name)
    return answer(name, lambda: lab().supervisor.start(name, **chosen))


@blueprint.post("/<name>/stop")
@needs(Right.CHANGE)
def stop(name: str) -> tuple[Response, int]:
    return answer(name, lambda: lab().supervisor.stop(name))


@blueprint.post("/<name>/restart")
def restart(name: str) -> tuple[Response, int]:
    lab().own.checked(name, {})
    return answer(name, lambda: lab().supervisor.restart(name))


@blueprint.post("/<name>/interrupt")
@needs(Right.CHANGE)
def interrupt(name: str) -> tuple[Response, int]:
    """^C."""
    return answer(name, lambda: lab().supervisor.interrupt(name))


@blueprint.post("/<name>/kill")
@needs(Right.CHANGE)
def kill(name: str) -> tuple[Response, int]:
    return answer(name, lambda: lab().supervisor.kill(name))


@blueprint.post("/<name>/settings")
def settings(name: str) -> Response:
    lab().supervisor.configure(name, **_chosen(name))
    return jsonify(lab().supervisor.view(name))


def _chosen(name: str) -> dict[str, Any]:
    """The settings in the request's body, of a program that can be started."""
    program = opened(name)
    return lab().own.checked(name, only(body(), program.choices))


@blueprint.get("/<name>/source")
def source(name: str) -> Response:
    """One of a program's own files, and the names of all: for a visitor who could not start others
    of its folder, those that it has loaded."""
    program = opened(name)
    loaded = None
    if program.own and security.right() < Right.START:
        loaded = {program.own, *lab().supervisor.server(name).own_files()}
    return jsonify(sources.read(program, request.args.get("file"), loaded))
