"""The web application: runs programs as child processes and shows what they do."""

import errno
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from dashboard import allocator, cli, ending, middleware, presence, proxy, security, serving
from dashboard.errors import Exhausted, LabError
from dashboard.lab import Lab
from dashboard.programs.catalogue import Catalogue, catalogue
from dashboard.rest_of_body import RestOfBody
from dashboard.views import (
    api,
    assets,
    checks,
    exchanges,
    folder,
    holds,
    live,
    metrics,
    pages,
    programs,
    recordings,
)

HERE = Path(__file__).resolve().parent
FORMS = ("application/json", "text/html")  # the first one where a program takes anything


def create_app(config: dict[str, Any] | None = None, listed: Catalogue | None = None) -> Flask:
    """The application, wired; nothing is started before it is used.

    `listed`: the catalogue; by default the five servers of the lab.

    Raises:
        BadInput: an unusable setting, with where it stands; a ClickException on a command line.
    """
    allocator.keep_little()
    app = Flask(__name__, template_folder=folder_of("templates"), static_folder=folder_of("static"))
    lab = Lab(cli.load_config(config), listed or catalogue())
    app.extensions["lab"] = lab
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_error_handler(LabError, lab_error)
    app.register_error_handler(OSError, system_error)
    app.register_error_handler(HTTPException, http_error)
    security.init_app(app)
    live.init_app(app)
    for views in (api, checks, exchanges, folder, holds, metrics, pages, programs, recordings):
        app.register_blueprint(views.blueprint)
    assets.init_app(app)
    with presence.said_by_click():
        proxy.init_app(app)
    middleware.wrap(app, RestOfBody)
    cli.init_app(app)
    presence.init_app(app)
    ending.init_app(app)
    serving.install()
    return app


def folder_of(name: str) -> str:
    """Inside the package where it was installed, beside it in a checkout."""
    inside = HERE / name
    return str(inside if inside.is_dir() else HERE.parent / name)


def lab_error(error: LabError) -> tuple[Response, int] | Response:
    """In JSON, and as a page for a browser that opens one."""
    if is_for_page() and request.accept_mimetypes.best_match(FORMS) == "text/html":
        return pages.refused_page(error)
    return _in_json(error)


def _in_json(error: LabError) -> tuple[Response, int]:
    return jsonify(error.as_json()), error.status


def is_for_page() -> bool:
    return not request.path.startswith("/api/")


def system_error(error: OSError) -> tuple[Response, int]:
    """An error that is nobody's fault, in words; any other one is ours, and as it was. Never as a
    page: its template could not be read."""
    if error.errno not in (errno.EMFILE, errno.ENFILE):
        raise error
    words = "the dashboard has no free file descriptor"
    return _in_json(Exhausted(words, "close tabs, stop programs, or raise ulimit -n"))


def http_error(error: HTTPException) -> tuple[Response, int] | HTTPException | Any:
    if is_for_page():
        return pages.error_page(error)
    code = error.code or 500
    name = pages.code_of(error)
    described = LabError(error.description or error.name, "see GET /api/openapi.json")
    described.code = name
    return jsonify(described.as_json()), code
