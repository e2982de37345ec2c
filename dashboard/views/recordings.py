"""The recording of a program: its calls and their bytes, to read and to take away."""

from collections.abc import Iterable

from flask import Blueprint, Response, current_app, jsonify, request

from dashboard.errors import BadInput
from dashboard.lab import Lab
from dashboard.numbers import shown
from dashboard.recording import downloads
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
    limit = number("limit", 500, 1, POINTS_LIMIT)
    return jsonify(recorder(name).points(number("since", 0, 0, MOST), limit, wanted_stream()))


@blueprint.get("/<name>/wire.txt")
def wire_text(name: str) -> Response:
    """A line a call, and under it its bytes."""
    streams = dict(
        recorder(name).read(lambda wire: [(s.id, s.copy()) for s in wire.streams.values()])
    )
    stream = wanted_stream()
    points = recorder(name).read(lambda wire: wire.since(0, MOST, stream))
    return download(downloads.as_text(points, streams), f"{name}.txt", "text/plain")


@blueprint.get("/<name>/wire.raw")
def wire_raw(name: str) -> Response:
    """The bytes of one `stream` and one `way`, in or out."""
    way = request.args.get("way", "in")
    if way not in ("in", "out"):
        raise BadInput(f"way: {shown(way)} is neither in nor out", "for example way=in")
    stream = number("stream", 0, 0, MOST)
    points = recorder(name).read(lambda wire: list(wire.points_of(stream)))
    data = downloads.as_raw(points, way)
    return download([data], f"{name}-{stream}-{way}.bin", "application/octet-stream")


@blueprint.get("/<name>/wire.pcapng")
def wire_pcapng(name: str) -> Response:
    """Packets for Wireshark, made from the calls; of one `stream` or of all."""
    lab: Lab = current_app.extensions["lab"]
    stream = wanted_stream()
    streams, untold = recorder(name).read(lambda wire: (wire.copy(stream), wire.untold))
    file = downloads.as_capture(lab.programs[name].title, streams, untold)
    return download(file, f"{name}.pcapng", "application/x-pcapng")


def wanted_stream() -> int | None:
    """The id of a socket in the query, if there is one."""
    return number("stream", 0, 0, MOST) if "stream" in request.args else None


def download(pieces: Iterable[str] | Iterable[bytes], name: str, kind: str) -> Response:
    """Names of files and words of a program may have stray bytes: these are question marks."""
    data = (one.encode("utf-8", "replace") if isinstance(one, str) else one for one in pieces)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, mimetype=kind, headers=headers)
