"""Pause, step and breakpoints over HTTP: of any program, by one controller at a time."""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard.errors import BadInput, NotNow
from dashboard.live import chat_rules
from dashboard.live.tabs import TAB_CHARACTERS
from dashboard.numbers import decimal, shown
from dashboard.rights import Right, needs
from dashboard.supervision.supervisor import only
from dashboard.views.api import body, lab
from labservers.observe import messages

blueprint = Blueprint("holds", __name__, url_prefix="/api")

PAUSE_MAX_S = 300.0
SLOW_MAX_S = 2.0
NAME_CHARACTERS = 60
MARKS = 100  # breakpoints of a kind
MARK_CHARACTERS = 300
UNTIL = re.compile(r"send|line|task:[0-9]{1,18}|[^\x00-\x1f]{1,300}:[0-9]{1,9}")
ACTIONS = ("pause", "resume", "step", "tick", "slow", "break")
OF_A_LOOP = ("pause", "resume", "step", "tick", "slow")
FIELDS = ("action", "thread", "until", "seconds", "controller", "take")
LISTS = ("lines", "calls", "clients")


@blueprint.post("/programs/<name>/hold")
@needs(Right.CHANGE)
def hold(name: str) -> tuple[Response, int]:
    """Pause, resume, step, slow, or breakpoints; the tab that asks stands in X-Lab-Tab."""
    values = only(body(), (*FIELDS, *LISTS, "exceptions"))
    command = _command(values, ACTIONS)
    controller = _name(values) or ""
    tab = request.headers.get("X-Lab-Tab", "")[:TAB_CHARACTERS]
    over = _flag(values, "take")
    lab().supervisor.server(name).hold(command, controller, tab, over=over)
    return jsonify(lab().supervisor.view(name)), 202


@blueprint.post("/servers/<name>/loop")
@needs(Right.CHANGE)
def loop(name: str) -> tuple[Response, int]:
    """Pause, step, tick, resume or slow the event loop."""
    managed = lab().supervisor.server(name)
    if not managed.program.can("loop"):
        able = [other.name for other in lab().programs.values() if other.can("loop")]
        raise NotNow(f"{name} has no event loop to hold", f"use {' or '.join(able)}")
    managed.hold(_command(only(body(), ("action", "seconds")), OF_A_LOOP))
    return jsonify(lab().supervisor.view(name)), 202


def _command(values: dict[str, Any], actions: tuple[str, ...]) -> messages.Command:
    """
    Raises:
        BadInput: an action or a value that there is not.
    """
    match values.get("action"):
        case "pause":
            limit_s = _seconds(values, PAUSE_MAX_S)
            return messages.Pause(limit_s or None)
        case "resume":
            return messages.Resume()
        case "step":
            return messages.Step(_text(values, "thread", MARK_CHARACTERS), _until(values))
        case "tick":
            return messages.Tick()
        case "slow":
            return messages.Slow(_seconds(values, SLOW_MAX_S))
        case "break" if "break" in actions:
            lines, calls, clients = (_texts(values, name) for name in LISTS)
            return messages.Break(lines, calls, clients, _flag(values, "exceptions"))
        case action:
            known = f"{', '.join(actions[:-1])} or {actions[-1]}"
            raise BadInput(f"action: {shown(action)} is unknown", f"use {known}")


def _seconds(values: dict[str, Any], most: float) -> float:
    try:
        return decimal(values.get("seconds", 0), 0, most)
    except ValueError as error:
        raise BadInput(f"seconds: {error}", 'for example "seconds": 0.1') from error


def _until(values: dict[str, Any]) -> str | None:
    until = _text(values, "until", MARK_CHARACTERS)
    if until is None or UNTIL.fullmatch(until):
        return until
    raise BadInput(f"until: {shown(until)} is not a place", 'for example "send" or "server.py:24"')


def _text(values: dict[str, Any], name: str, most: int) -> str | None:
    value = values.get(name)
    if value is None or (isinstance(value, str) and 0 < len(value) <= most):
        return value
    raise BadInput(f"{name}: {shown(value)} is not a text of 1 to {most} characters")


def _name(values: dict[str, Any]) -> str | None:
    """The controller's, which every other tab shows: the page takes that of its chat."""
    name = _text(values, "controller", NAME_CHARACTERS)
    if name is None or chat_rules.is_seen(name):
        return name
    raise BadInput(f"controller: {shown(name)} is not a name", 'for example "controller": "Ann"')


def _texts(values: dict[str, Any], name: str) -> list[str]:
    value = values.get(name, [])
    if isinstance(value, list) and len(value) <= MARKS:
        texts = [t for t in value if isinstance(t, str) and len(t) <= MARK_CHARACTERS]
        if texts == value:
            return texts
    raise BadInput(f"{name}: not a list of up to {MARKS} texts", f'for example "{name}": []')


def _flag(values: dict[str, Any], name: str) -> bool:
    value = values.get(name, False)
    if isinstance(value, bool):
        return value
    raise BadInput(f"{name}: {shown(value)} is neither true nor false")
