"""One gate for every request and every websocket: Host, Origin, token, headers.

The dashboard starts processes, so a page of some other site must not be able to talk to it. A
browser lets any page send requests to 127.0.0.1, and DNS rebinding lets it read the answers:
the Host check stops the second, Origin and token stop the first. There are no cookies: they
ignore ports and would travel to every lab server on the same host.

A visitor from this machine gets the token with the page, and may do everything. One from another
machine looks; the token, which its page takes from a link, lets it change what runs.
"""

import hmac
import socket
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from dashboard import proxy, unix_http
from dashboard.errors import Forbidden, ForeignHost, InUse
from dashboard.lab import Lab
from dashboard.rights import Right, need_of
from dashboard.supervision.hosts import others_reach
from labservers.net.addresses import Reach, is_local, reach, resolve
from labservers.observe.addresses import address_text

LINK = "use the dashboard's own machine, or its link with the token"
REMOTE = "start it there, or set SOCKETLAB_REMOTE_START=1 there"
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
    spelling: no name service is asked for it, so none can rebind it. The same holds for the
    other addresses of this machine, where the dashboard is on all of them."""
    known = ("localhost", lab.config.host.lower(), *lab.config.known_names)
    if name in known or reach(name) is Reach.LOOPBACK:
        return True
    return reach(lab.config.host) is Reach.EVERY and _is_here(name)


def _is_here(name: str) -> bool:
    """Whether this machine has this address, or this name."""
    host = socket.gethostname().lower()
    return name in (host, f"{host}.local") or _has(name)  # RFC 6762: what a local network knows


def _has(address: str) -> bool:
    """Whether it is a number, and one of this machine's addresses."""
    reached = reach(address)
    if reached in (None, Reach.LOOPBACK):
        return reached is not None
    family, resolved = resolve(address, 0, socket.SOCK_STREAM)
    return is_local(resolved, family)


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets; empty when it is not a host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def check_request() -> None:
    """Refuse a request that does not come from our own page, or that its visitor may not make.

    Raises:
        Forbidden: with the reason. ForeignHost: answered before anything is looked up. InUse:
            another dashboard has the data folder.
    """
    lab = _lab()
    for host in proxy.hosts():
        if not (is_ours(host_name(host), lab) or proxy.is_public(host)):
            where = proxy.address_for_people(lab.config, f"http://127.0.0.1:{lab.config.port}")
            raise ForeignHost(f"the dashboard is not known as {host[:100]!r}", where)
    token = request.headers.get("X-Lab-Token", "")
    if request.method in SAFE_METHODS:
        g.right = Right.START if at_home() else right_of(token)
        return
    check_origin(required=False)
    g.right = right_of(token)
    need = need_of(current_app.view_functions.get(request.endpoint or ""))
    check_right(need.right)
    if need.held and lab.holder is not None:
        raise InUse("another dashboard holds this lab", "take it over, or open the other one")


def check_right(needed: Right) -> None:
    """
    Raises:
        Forbidden: the visitor has less than that.
    """
    if right() >= needed:
        return
    if right() < Right.CHANGE:
        raise Forbidden("a visitor from another machine looks only", LINK)
    raise Forbidden("programs are started on the dashboard's own machine only", REMOTE)


def at_home() -> bool:
    """Whether the visitor is on this machine: it has come by a Unix socket or from one of the
    machine's own addresses, which the kernel takes from no other machine. The configured proxy
    answers for those that it lets in."""
    address = request.remote_addr or ""
    return address in proxy.LOCAL or _has(address) or proxy.came_through()


def right_of(token: object) -> Right:
    """The right of this request's visitor, who has sent this token or an empty one.

    Raises:
        Forbidden: it is wrong, or one is needed.
    """
    home = at_home()
    if token_fits(token):
        return Right.START if home or _lab().config.remote_start else Right.CHANGE
    if token or home:
        raise Forbidden("the token is missing or old", "load the page again")
    return Right.LOOK


def right() -> Right:
    """The right of the visitor whose request or websocket this is."""
    found: Right = g.right
    return found


def visitor() -> dict[str, Any]:
    """The visitor, as its page knows it. `addresses`: those at which others can look on."""
    addresses = public_addresses(_lab(), proxy.straight_address()) if at_home() else []
    return {"may": right().word, "home": at_home(), "addresses": addresses}


def public_addresses(lab: Lab, address: str) -> list[str]:
    """Those at which other machines can open the dashboard that listens at `address`; none on
    loopback, and none at a Unix socket."""
    if any(at.startswith(unix_http.SCHEME) for at in (lab.config.host, address)):
        return []
    ours = urlsplit(address)
    port = ours.port or (443 if ours.scheme == "https" else 80)
    hosts = others_reach(lab.config.host)
    return [f"{ours.scheme}://{address_text((host, port))}" for host in hosts]


def check_origin(*, required: bool) -> None:
    """Refuse a foreign Origin, and a missing one where a browser would send it.

    Raises:
        Forbidden: the page that asks is not ours.
    """
    origin = request.headers.get("Origin")
    if origin is None and not required:
        return
    if origin is None or not _is_ours(origin, request.host.lower()):
        raise Forbidden("the request comes from another site's page", "use the dashboard's page")


def _is_ours(origin: str, host: str) -> bool:
    """Whether a page of this origin is the dashboard's, which was asked under this name. Where
    nobody has said by which scheme it is opened, a proxy may have changed it."""
    if proxy.is_public_origin(origin):
        return True
    if proxy.is_host_of_public_origin(host):
        return False
    return origin.lower() in (f"http://{host}", f"https://{host}")


def token_fits(token: object) -> bool:
    """Compared in constant time."""
    if not isinstance(token, str):
        return False
    given = token.encode("utf-8", "replace")
    return hmac.compare_digest(given, _lab().token.encode())


def add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    name = host_name(request.host)
    if not (request.is_secure or name == "localhost" or reach(name) is Reach.LOOPBACK):
        response.headers.pop("Cross-Origin-Opener-Policy")  # browsers ignore it there, and complain
    return response


def _lab() -> Lab:
    lab: Lab = current_app.extensions["lab"]
    return lab
