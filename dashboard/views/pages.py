"""The pages: one shell for every address, with all that the first frame needs inside it."""

import secrets
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard import i18n, proxy, security
from dashboard.errors import LabError, UnknownServer
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
    status = error.code or 500
    values = {"status": status, "head": "err.page", "reason": _reason(lang, code_of(error))}
    if status == 404:
        values |= {"head": "missing.h", "reason": i18n.text(lang, "missing.p")}
    response = _rendered("error.html", lang, **values)
    response.status_code = status
    return response


def code_of(error: HTTPException) -> str:
    """As the API has it: `method_not_allowed`."""
    return error.name.lower().replace(" ", "_")


def refused_page(error: LabError) -> Response:
    """A refusal as a page that needs no other file: those would be refused as well."""
    lang = language()
    other = next(one for one in i18n.LANGUAGES if one != lang)
    nonce = secrets.token_urlsafe()
    values = {
        "status": error.status,
        "reason": _reason(lang, error.code),
        "address": getattr(error, "address", ""),
        "nonce": nonce,
        "other": other,
        "other_name": i18n.text(other, "lang.name"),
    }
    response = _rendered("refused.html", lang, **values)
    response.status_code = error.status
    policy = security.HEADERS["Content-Security-Policy"]
    own = policy.replace("style-src 'self'", f"style-src 'nonce-{nonce}'")
    response.headers["Content-Security-Policy"] = own
    return response


def _reason(lang: str, code: str) -> str:
    """The sentence of an error's code, in a language."""
    key = f"err.{code}"
    return i18n.text(lang, key if i18n.has(key) else "err.other")


def _rendered(template: str, lang: str, **values: Any) -> Response:
    def t(key: str, **more: object) -> str:
        return i18n.text(lang, key, **more)

    values |= {"asset": assets.address, "entry": assets.entry, "prefix": proxy.prefix()}
    response = Response(render_template(template, lang=lang, t=t, **values))
    response.headers["Cache-Control"] = "no-store"  # it holds the token and this moment's state
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Language"] = lang
    return response
