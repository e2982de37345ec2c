"""Behind a reverse proxy: the prefix of all addresses, and the proxy's headers that are believed.

Some proxies strip the prefix from a path, others pass it on; both are served, and so is a browser
that comes straight to our port. The prefix is WSGI's SCRIPT_NAME (PEP 3333).

The X-Forwarded headers of anybody but the configured proxy are passed over: they would let a
foreign page choose the host that it is checked against. A rebound page in a browser next to the
proxy comes from its address as well, so the Host below X-Forwarded-Host is checked too.
X-Forwarded-For is never used: a visitor that the proxy lets in acts as this dashboard's user.
"""

import os
import socket
import ssl
from typing import Any
from urllib.parse import quote, unquote

from flask import Flask, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard import middleware, public, unix_http
from dashboard.config import Config
from dashboard.errors import BadInput
from dashboard.numbers import shown
from labservers.net.addresses import connect_host
from labservers.observe.addresses import address_text

LOCAL = ("", "<local>")  # REMOTE_ADDR at a Unix socket: of gunicorn, of Werkzeug
CAME_THROUGH = "socketlab.came_through_proxy"
STRAIGHT = "socketlab.straight"
HOST = "socketlab.host"
PREFIX = "socketlab.prefix"


def init_app(app: Flask) -> None:
    """
    Raises:
        BadInput: the prefix is the beginning of an address of ours, or any host is to be taken
            where a browser can come past the proxy.
    """
    config: Config = app.extensions["lab"].config
    if config.origin == public.ANY and public.UNIX not in config.proxy:
        raise BadInput(
            f"origin: {public.ANY!r} is safe at a Unix socket alone, with proxy = {public.UNIX!r}",
            "name the origin of the proxy's pages, such as https://lab.example.edu",
        )
    first = config.prefix.split("/")[1:2]
    if first and first[0] in {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}:
        raise BadInput(
            f"prefix: {shown(config.prefix)} begins as an address of the dashboard's own",
            f"take another one, such as /lab{config.prefix}",
        )
    middleware.wrap(app, lambda inner: BehindProxy(inner, config))


class BehindProxy:
    """A WSGI application whose environment is the one that the browser means."""

    def __init__(self, wsgi_app: Any, config: Config) -> None:
        self._wsgi_app = wsgi_app
        self._prefix = config.prefix
        self._networks = public.networks(config.proxy)
        self._unix = public.UNIX in config.proxy
        self._with_headers = ProxyFix(wsgi_app, x_for=0, x_proto=1, x_host=1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        believed = self._is_proxy(environ.get("REMOTE_ADDR", ""))
        environ[CAME_THROUGH] = believed
        environ[HOST] = environ.get("HTTP_HOST", "")
        environ[STRAIGHT] = listening_at(environ)
        prefix = self._prefix or (_forwarded_prefix(environ) if believed else "")
        _mount(environ, prefix)
        return (self._with_headers if believed else self._wsgi_app)(environ, start_response)

    def _is_proxy(self, peer: str) -> bool:
        return self._unix if peer in LOCAL else public.among(peer, self._networks)


def _forwarded_prefix(environ: dict[str, Any]) -> str:
    """What the nearest proxy says; nothing where it says nonsense."""
    try:
        said = environ.get("HTTP_X_FORWARDED_PREFIX", "").rpartition(",")[2].strip(" \t")
        return public.prefix(said.rstrip("/"))
    except ValueError:
        return ""


def _mount(environ: dict[str, Any], prefix: str) -> None:
    """Put the application under the prefix, whether the path still has it or not."""
    path, name = environ.get("PATH_INFO", ""), unquote(prefix, "latin-1")
    if path == name or path.startswith(name + "/"):
        environ["PATH_INFO"] = path[len(name) :] or "/"
    outer = environ.get("SCRIPT_NAME", "")
    environ["SCRIPT_NAME"] = outer + name
    environ[PREFIX] = quote(outer, encoding="latin-1") + prefix


def prefix() -> str:
    """What stands before our paths in this request's addresses, escaped; usually empty."""
    found: str = request.environ.get(PREFIX, "")
    return found


def came_through() -> bool:
    """Whether this request comes from the configured proxy."""
    return bool(request.environ.get(CAME_THROUGH))


def hosts() -> set[str]:
    """The Host that the browser has sent, and the one that has come here."""
    return {request.host, request.environ.get(HOST, request.host)}


def is_public(host: str) -> bool:
    """Whether a Host is the configured public one. Any is at a Unix socket, where no browser
    comes but through a proxy that lets in its users alone: their cookies are bound to the true
    name, so that a rebound one has none."""
    if _origin() == public.ANY:
        return came_through() and request.remote_addr in LOCAL
    return is_host_of_public_origin(host)


def is_public_origin(origin: str) -> bool:
    """Whether a page of this origin is ours, whatever Host the proxy makes of it."""
    return bool(origin) and origin == _origin() != public.ANY


def is_host_of_public_origin(host: str) -> bool:
    """Whether a Host is the one of the configured origin, whose scheme is known with it."""
    scheme, _, known = _origin().partition("://")
    return bool(known) and public.without_usual_port(f"{scheme}://{host.lower()}") == _origin()


def address_for_people(config: Config, address: str) -> str:
    """Where a browser finds the dashboard that listens at an address; the path alone where only
    the proxy knows the host."""
    known = config.origin not in ("", public.ANY)
    hidden = address.startswith("unix://")
    return (config.origin if known else "" if hidden else address) + config.prefix or address


def address_in_browser() -> str:
    """Where a browser has found the dashboard, as the proxy tells with this request; or nothing."""
    if _origin() != public.ANY or "X-Forwarded-Prefix" not in request.headers or not came_through():
        return ""
    return f"{request.scheme}://{request.host}{prefix()}"


def straight_address() -> str:
    """Where this process listens, past any proxy. No visitor's word is in it: tokens go there."""
    found: str = request.environ[STRAIGHT]
    return found


def asked_address() -> str:
    """Where a browser that came past every proxy has found the dashboard; or nothing."""
    return "" if came_through() else f"{request.scheme}://{request.host}"


def listening_at(environ: dict[str, Any]) -> str:
    """The address of the listening socket. At a Unix one gunicorn makes SERVER_NAME of the Host,
    and its scheme is a header's, so the connection itself is asked where there is one."""
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    scheme = environ["wsgi.url_scheme"]
    if isinstance(connection, socket.socket):
        if connection.family == getattr(socket, "AF_UNIX", None):
            return unix_http.SCHEME + os.path.abspath(os.fsdecode(connection.getsockname()))
        scheme = "https" if isinstance(connection, ssl.SSLSocket) else "http"
    host, port = connect_host(environ["SERVER_NAME"]), environ["SERVER_PORT"]
    return f"{scheme}://{address_text((host, port))}"


def _origin() -> str:
    config: Config = current_app.extensions["lab"].config
    return config.origin
