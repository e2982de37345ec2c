"""For monitoring: the dashboard's health, and its servers' figures for Prometheus."""

from flask import Blueprint, Response, current_app, jsonify

from dashboard.lab import Lab
from dashboard.supervision.lifecycle import State

blueprint = Blueprint("metrics", __name__)

# name in the figures -> name, kind and help in the text format (prometheus.io, exposition formats)
SERIES = {
    "connections": ("socketlab_connections", "gauge", "open connections, or recent UDP peers"),
    "accepted": ("socketlab_accepted_total", "counter", "connections or datagrams taken"),
    "requests": ("socketlab_requests_total", "counter", "answered exchanges or messages"),
    "errors": ("socketlab_errors_total", "counter", "bad requests and broken connections"),
    "bytes_in": ("socketlab_received_bytes_total", "counter", "bytes received"),
    "bytes_out": ("socketlab_sent_bytes_total", "counter", "bytes sent"),
    "rss": ("socketlab_resident_bytes", "gauge", "resident memory of the process"),
    "accept_queue": ("socketlab_accept_queue", "gauge", "connections that wait for accept()"),
}


@blueprint.get("/healthz")
def healthz() -> Response:
    """In trouble it is 200 too: a probe that took it for dead would end all programs."""
    lab: Lab = current_app.extensions["lab"]
    states = {view["name"]: view["state"] for view in lab.supervisor.views()}
    troubles = lab.troubles.now()
    return jsonify(
        {
            "status": "trouble" if troubles else "ok",
            "troubles": troubles,
            "uptime_s": round(lab.uptime_s(), 3),
            "servers": states,
        }
    )


@blueprint.get("/metrics")
def metrics() -> Response:
    lab: Lab = current_app.extensions["lab"]
    views = lab.supervisor.views()
    lines = ["# HELP socketlab_up whether the server runs", "# TYPE socketlab_up gauge"]
    for view in views:
        up = int(view["state"] == State.RUNNING)
        lines.append(f'socketlab_up{{server="{view["name"]}"}} {up}')
    lines += [
        "# HELP socketlab_recorded_bytes memory of all recordings, which is bounded",
        "# TYPE socketlab_recorded_bytes gauge",
        f"socketlab_recorded_bytes {lab.supervisor.recorded_bytes()}",
    ]
    for key, (name, kind, meaning) in SERIES.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
        for view in views:
            value = (view["figures"] or {}).get(key)
            if value is not None:
                lines.append(f'{name}{{server="{view["name"]}"}} {value}')
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")
