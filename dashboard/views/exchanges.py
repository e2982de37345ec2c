"""Try it: one exchange with a running server, every byte of it shown.

A browser cannot open raw sockets, so the dashboard opens one for it: only to the address of a
running lab server, never to an address from the browser.
"""

import base64
import json
import re
from typing import Any

from flask import Blueprint, Response, jsonify

from dashboard.errors import BadInput
from dashboard.numbers import shown
from dashboard.rights import Right, needs
from dashboard.supervision.supervisor import only
from dashboard.views.api import body, lab
from labservers.clients import exchange, http
from labservers.observe.addresses import address_text

blueprint = Blueprint("exchanges", __name__, url_prefix="/api/try")

DATAGRAM_BYTES = 65_507
RAW_BYTES = 256 * 1024
TARGET = re.compile(r"[\x21-\x7e]{1,8192}")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110 section 5.6.2
FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]{0,8192}")  # RFC 9110 section 5.5
HEADERS = 50


@blueprint.post("/hello")
@needs(Right.CHANGE)
def hello() -> Response:
    values = only(body(), ["text"])
    payload = _text(values, "text", DATAGRAM_BYTES)
    host, port = lab().supervisor.connect_address("hello")
    return _shown(exchange.udp(host, port, payload), host, port)


@blueprint.post("/hypotenuse")
@needs(Right.CHANGE)
def hypotenuse() -> Response:
    """{a, b} as JSON, or {raw}: any text, as it is."""
    values = only(body(), ["a", "b", "raw"])
    if "raw" in values:
        payload = _text(values, "raw", RAW_BYTES)
    else:
        payload = json.dumps({"a": values.get("a"), "b": values.get("b")}).encode()
    return _over_tcp("hypotenuse", payload)


@blueprint.post("/page")
@needs(Right.CHANGE)
def page() -> Response:
    values = only(body(), ["path", "method"])
    return _over_tcp("page", _request("page", {"method": "GET", **values, "headers": {}}))


@blueprint.post("/subjects")
@needs(Right.CHANGE)
def subjects() -> Response:
    return _over_tcp(
        "subjects", _request("subjects", only(body(), ["method", "path", "headers", "body"]))
    )


def _over_tcp(name: str, payload: bytes) -> Response:
    host, port = lab().supervisor.connect_address(name)
    return _shown(exchange.tcp(host, port, payload), host, port)


def _shown(done: exchange.Exchange, host: str, port: int) -> Response:
    fields = {
        "sent": base64.b64encode(done.sent).decode(),
        "received": base64.b64encode(done.received).decode(),
        "microseconds": done.microseconds,
        "ended": done.ended,
        "local": done.local,
    }
    return jsonify({"exchange": fields, "address": address_text((host, port))})


def _request(name: str, values: dict[str, Any]) -> bytes:
    """An HTTP/1.1 request (RFC 9112 section 2.1) that ends its connection.

    Raises:
        BadInput: a part that would break the request's own framing; NotRunning.
    """
    method, target = values.get("method", "GET"), values.get("path", "/")
    if not isinstance(method, str) or not TOKEN.fullmatch(method):
        raise BadInput(f"method: {shown(method)} is not a method", "for example GET")
    if not isinstance(target, str) or not TARGET.fullmatch(target):
        raise BadInput("path: visible ASCII without spaces is needed", "for example /subjects/1")
    content = _text(values, "body", RAW_BYTES) if values.get("body") else b""
    headers = _headers(values.get("headers", {}))
    address = lab().supervisor.connect_address(name)
    return http.request(method, target, address, headers, content)


def _headers(headers: Any) -> dict[str, str]:
    if not isinstance(headers, dict) or len(headers) > HEADERS:
        raise BadInput("headers: an object of names and values is needed", "for example {}")
    ours = {"host", "content-length", "connection", "transfer-encoding"}
    for field, value in headers.items():
        if not TOKEN.fullmatch(field) or field.lower() in ours:
            raise BadInput(f"headers: {shown(field)} cannot be set here", "leave it out")
        if not isinstance(value, str) or not FIELD_VALUE.fullmatch(value):
            raise BadInput(f"headers: the value of {field} is not a line of text", "correct it")
    return headers


def _text(values: dict[str, Any], name: str, limit: int) -> bytes:
    text = values.get(name)
    if not isinstance(text, str):
        raise BadInput(f"{name}: a text is needed", f'for example {{"{name}": "Hello server"}}')
    payload = text.encode("utf-8", "surrogatepass")
    if len(payload) > limit:
        raise BadInput(f"{name}: {len(payload):,} bytes are too many", f"send at most {limit:,}")
    return payload
