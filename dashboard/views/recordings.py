"""What was recorded of a program: its calls and their bytes, to read and to take away."""

from flask import Blueprint, Response, current_app, jsonify, request

from dashboard.lab import Lab
from dashboard.recording.recorder import Recorder
from dashboard.views.api import MOST, number

blueprint = Blueprint("recordings", __name__, url_prefix="/api/programs")

POINTS_LIMIT = 5_000


def recorder(name: str) -> Recorder:
    """
    Raises:
        UnknownServer: the catalogue has no program of that name.
    """
    lab: Lab = current_app.extensions["lab"]
    return lab.supervisor.server(name).reports.recorder


@blueprint.get("/<name>/wire")
def wire(name: str) -> Response:
    """Points as JSON: `since` a number, `limit` of them, of one `stream` or of all."""
    stream = number("stream", 0, 0, MOST) if "stream" in request.args else None
    limit = number("limit", 500, 1, POINTS_LIMIT)
    return jsonify(recorder(name).points(number("since", 0, 0, MOST), limit, stream))
