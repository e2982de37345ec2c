"""The data folder changes hands: taken from another dashboard, or given to it."""

from flask import Blueprint, Response, current_app, jsonify

from dashboard import handover, proxy
from dashboard.rights import Right, needs
from dashboard.views.api import lab

blueprint = Blueprint("folder", __name__, url_prefix="/api/folder")


@blueprint.post("/take")
@needs(Right.START, held=False)
def take() -> Response:
    """Hold the folder from now on; the dashboard that does is asked for it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    handover.take_over(app)
    app.extensions["presence"].say(proxy.straight_address(), proxy.address_in_browser())
    return jsonify({"holds": True})


@blueprint.post("/give")
@needs(Right.START, held=False)
def give() -> Response:
    """Let another dashboard have the folder: all programs end."""
    handover.give_up(current_app._get_current_object())  # type: ignore[attr-defined]
    return jsonify({"holds": lab().holder is None})
