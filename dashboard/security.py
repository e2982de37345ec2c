"""One gate for every request and every websocket: Host, Origin, token, headers.

The dashboard starts processes, so a page of some other site must not be able to talk to it. A
browser lets any page send requests to 127.0.0.1, and DNS rebinding lets it read the answers:
the Host check stops the second, Origin and token stop the first. There are no cookies: they
ignore ports and would travel to every lab server on the same host.
"""

import hmac
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

from dashboard import proxy
from dashboard.errors import Forbidden
from dashboard.lab import Lab
from labservers.net.addresses import Reach, reach

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_LIMIT = 1024 * 1024
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.before_request(check_request)
    app.after_request(add_headers)


def is_ours(name: str, lab: Lab) -> bool:
    """Whether the dashboard is known by this name. A number that means loopback is safe in any
    spelling: no name service is asked for it, so none can rebind it."""
    return name in ("localhost", lab.config.host.lower()) or reach(name) is Reach.LOOPBACK


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets; empty when it is not a host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def check_request() -> None:
    """Refuse a request that does not come from our own page.

    Raises:
        Forbidden: with the reason; a wrong Host is answered before anything is looked up.
    """
    lab = _lab()
    if not (is_ours(host_name(request.host), lab) or proxy.is_public()):
        where = proxy.address_for_people(lab.config, f"http://127.0.0.1:{lab.config.port}")
        raise Forbidden(f"the dashboard is not known as {request.host[:100]!r}", f"open {where}")
    if request.method in SAFE_METHODS:
        return
    check_origin(required=False)
    if not token_fits(request.headers.get("X-Lab-Token", "")):
        raise Forbidden("the token is missing or old", "load the page again")


def check_origin(*, required: bool) -> None:
    """Refuse a foreign Origin, and a missing one where a browser would send it.

    Raises:
        Forbidden: the page that asks is not ours.
    """
    origin = request.headers.get("Origin")
    if origin is None and not required:
        return
    if origin is not None and proxy.is_public_origin(origin):
        return
    if origin is None or _site(origin) != request.host.lower():
        raise Forbidden("the request comes from another site's page", "use the dashboard's page")


def _site(origin: str) -> str:
    """Host and port of an Origin header; empty for `null` and anything that is not an address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def token_fits(token: object) -> bool:
    """Compared in constant time."""
    if not isinstance(token, str):
        return False
    given = token.encode("utf-8", "replace")
    return hmac.compare_digest(given, _lab().token.encode())


def add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _lab() -> Lab:
    lab: Lab = current_app.extensions["lab"]
    return lab
