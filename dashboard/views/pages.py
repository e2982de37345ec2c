"""The pages: one shell for every address, with all that the first frame needs inside it."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard import i18n
from dashboard.lab import Lab
from dashboard.live.chat_rules import RULES
from labservers.registry import SERVERS, ServerSpec

blueprint = Blueprint("pages", __name__)
VERSION = "1.0.0"


def tabs(spec: ServerSpec) -> list[str]:
    """A server's tabs, the first one shown by default."""
    own = {"subjects": ["loop", "try"], "chat": ["rooms"]}.get(spec.name, ["try"])
    return [*own, "connections", "logs"]


def language() -> str:
    """?lang, else what the browser prefers, else English."""
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
    spec = SERVERS.get(name)
    if spec is None or tab not in (None, "try", *tabs(spec)):
        abort(404)
    return _page({"view": "server", "name": name, "tab": tab or tabs(spec)[0]})


def _page(page: dict[str, Any]) -> Response:
    lab: Lab = current_app.extensions["lab"]
    lang = language()
    title = i18n.text(lang, f"s.{page['name']}" if page["name"] else "nav.overview")
    boot = {
        "lang": lang,
        "catalogue": i18n.catalogue(lang),
        "page": page,
        "snapshot": lab.snapshot(),
        "rules": RULES,
        "version": VERSION,
    }
    return _rendered("page.html", lang, title=title, token=lab.token, boot=boot)


def error_page(error: HTTPException) -> Response:
    """An error as a page with the way back."""
    lang = language()
    response = _rendered("error.html", lang, code=error.code, description=error.description)
    response.status_code = error.code or 500
    return response


def _rendered(template: str, lang: str, **values: Any) -> Response:
    def t(key: str, **more: object) -> str:
        return i18n.text(lang, key, **more)

    response = Response(render_template(template, lang=lang, t=t, **values))
    response.headers["Cache-Control"] = "no-store"  # it holds the token and this moment's state
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Language"] = lang
    return response
