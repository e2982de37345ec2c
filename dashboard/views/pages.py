"""The pages: one shell for every address, with all that the first frame needs inside it."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard import i18n, proxy, security
from dashboard.errors import UnknownServer
from dashboard.lab import Lab
from dashboard.live.chat_rules import RULES
from dashboard.programs.program import Program
from dashboard.programs.tabs import find_tab
from dashboard.supervision import lifecycle
from dashboard.views import assets
from dashboard.views.api import opened
from dashboard.views.live import for_visitor
from labservers.checks.texts import causes

blueprint = Blueprint("pages", __name__)
VERSION = "1.0.0"
TITLES = {
    "overview": "nav.overview",
    "programs": "nav.programs",
    "lessons": "les.h",
    "lesson": "les.h",
}


def lab() -> Lab:
    found: Lab = current_app.extensions["lab"]
    return found


def language() -> str:
    """?lang, else the browser's preference, else English."""
    asked = request.args.get("lang", "")
    if asked in i18n.LANGUAGES:
        return asked
    return request.accept_languages.best_match(i18n.LANGUAGES) or "en"


@blueprint.get("/")
def overview() -> Response:
    return _page({"view": "overview", "name": None, "tab": None})


@blueprint.get("/servers/<name>")
@blueprint.get("/servers/<name>/<tab>")
def server(name: str, tab: str | None = None) -> Response:
    program = lab().programs.get(name)
    if program is None:
        abort(404)
    return _program(program, tab)


@blueprint.get("/programs")
def programs() -> Response:
    return _page({"view": "programs", "name": None, "tab": None})


@blueprint.get("/programs/<name>")
@blueprint.get("/programs/<name>/<tab>")
def own_program(name: str, tab: str | None = None) -> Response:
    """A file that was not looked at before becomes a program."""
    try:
        program = opened(name)
    except UnknownServer:
        abort(404)
    return _program(program, tab)


@blueprint.get("/lessons")
def lessons() -> Response:
    return _page({"view": "lessons", "name": None, "tab": None})


@blueprint.get("/lessons/<id>")
def lesson(id: str) -> Response:
    if id not in causes():
        abort(404)
    return _page({"view": "lesson", "name": None, "tab": None})


def _program(program: Program, tab: str | None) -> Response:
    found = find_tab(lab().supervisor.server(program.name).capabilities, tab)
    if found is None:
        abort(404)
    return _page({"view": "server", "name": program.name, "tab": found})


def _page(page: dict[str, Any]) -> Response:
    lang = language()
    title = _title(lang, page) if page["name"] else i18n.text(lang, TITLES[page["view"]])
    boot = {
        "lang": lang,
        "catalogue": i18n.catalogue(lang),
        "page": page,
        "snapshot": for_visitor(lab(), security.visitor(), lab().snapshot()),
        "rules": RULES,
        "lifecycle": lifecycle.as_shown(),
        "version": VERSION,
    }
    token = lab().token if security.at_home() else ""
    return _rendered("page.html", lang, title=title, token=token, boot=boot)


def _title(lang: str, page: dict[str, Any]) -> str:
    """A tab and its program in a language; the program's own title where the catalogue has none."""
    key = f"s.{page['name']}"
    program = i18n.text(lang, key) if i18n.has(key) else lab().programs[page["name"]].title
    return f"{i18n.text(lang, 'tab.' + page['tab'])} · {program}"


def error_page(error: HTTPException) -> Response:
    """An error as a page with the way back."""
    lang = language()
    response = _rendered("error.html", lang, code=error.code, description=error.description)
    response.status_code = error.code or 500
    return response


def _rendered(template: str, lang: str, **values: Any) -> Response:
    def t(key: str, **more: object) -> str:
        return i18n.text(lang, key, **more)

    values |= {"asset": assets.address, "entry": assets.entry, "prefix": proxy.prefix()}
    response = Response(render_template(template, lang=lang, t=t, **values))
    response.headers["Cache-Control"] = "no-store"  # it holds the token and this moment's state
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Language"] = lang
    return response
