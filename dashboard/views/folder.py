"""The data folder changes hands: taken from another dashboard, or given to it."""

from flask import Blueprint, Response, current_app, jsonify

from dashboard import handover
from dashboard.rights import Right, needs
from dashboard.views.api import lab

blueprint = Blueprint("folder", __name__, url_prefix="/api/folder")


@blueprint.post("/take")
@needs(Right.START, held=False)
def take() -> Response:
    """Hold the folder from now on; the dashboard that does is asked for it."""
    handover.take_over(current_app.extensions)
    current_app.extensions["presence"].say_as_asked()
    return jsonify({"holds": True})


@blueprint.post("/give")
@needs(Right.START, held=False)
def give() -> Response:
    """Let another dashboard have the folder: all programs end."""
    handover.give_up(current_app.extensions)
    return jsonify({"holds": lab().holder is None})
