"""Request line and header section: bytes to a Request (RFC 9112 sections 2 to 6).

The grammar is one pattern, matched against the bytes as they came; what it does not say (Host,
framing, expectations, forms of the target) is checked after it, a function for each.
"""

import re

from labservers.protocols.http11_message import CHUNKED, WHITE_SPACE, HTTPError, Limits, Request

KNOWN_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)
TOKEN = r"[!\#$%&'*+.^_`|~0-9A-Za-z-]++"  # RFC 9110 section 5.6.2
VALUE = r"[\t\x20-\x7e\x80-\xff]*+"  # RFC 9110 section 5.5: no NUL, CR, LF or other control
TARGET = r"[\x21\x22\x24-\x7e]++"  # RFC 3986: visible ASCII; `#` begins what is never sent
# RFC 9110 section 7.2: host [ ":" port ]; an empty one is valid where a target has no authority.
HOST = r"(?:\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9._~!$&'()*+,;=%-]*+)(?::[0-9]*+)?+"
_FIELD_LINE = rf"{TOKEN}:{VALUE}\r?\n"  # RFC 9112 section 2.2: a bare LF may end a line
_HEAD = re.compile(rf"({TOKEN}) ({TARGET}) HTTP/([0-9])\.([0-9])\r?\n((?:{_FIELD_LINE})*+)\r?\n")
_FIELD = re.compile(rf"({TOKEN}):({VALUE})\r?\n")
_DIGITS = re.compile(r"[0-9]{1,18}")
_HOST = re.compile(HOST)
_ABSOLUTE = re.compile(r"https?://([^/?]+)([^?]*)(?:\?(.*))?", re.IGNORECASE)
# A second copy of these would make two readers see two different messages.
_SINGLE = frozenset({"host", "content-length", "content-type"})


def parse_head(head: bytes, limits: Limits) -> Request:
    """A request without its body from the bytes of its head, with the empty line at its end.

    Raises:
        HTTPError: with the status that fits (RFC 9112 sections 3 and 5).
    """
    matched = _HEAD.fullmatch(head.decode("latin-1"))
    if matched is None:
        raise explain(head, limits)
    method, target, major, minor, section = matched.groups()
    if matched.end(4) > limits.line:
        raise HTTPError(414, f"the request line is longer than {limits.line} bytes")
    if section.count("\n") > limits.fields:
        raise HTTPError(431, f"more than {limits.fields} header fields")
    if major != "1":
        raise HTTPError(505, "this server speaks HTTP/1.1 and HTTP/1.0")
    if method not in KNOWN_METHODS:
        raise HTTPError(501, f"the method {method} is not implemented")
    path, query = _split_target(method, target)
    headers = parse_fields(section)
    version = min(int(minor), 1)
    _check_host(headers, version)
    _check_expect(headers, version)
    return Request(
        method,
        target,
        path,
        query,
        version,
        headers,
        _keeps_alive(headers, version),
        _body_length(headers, version),
        headers.get("accept", ""),
        media_type(headers.get("content-type", "")),
    )


def parse_fields(section: str) -> dict[str, str]:
    """Header fields, which are valid by their grammar, by name in lower case.

    Raises:
        HTTPError: 400 two of one that may stand there once only.
    """
    headers: dict[str, str] = {}
    for mixed, padded in _FIELD.findall(section):
        name, value = mixed.lower(), padded.strip(WHITE_SPACE)
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            headers[name] = _repeated(name, headers[name], value)
        else:
            headers[name] = f"{headers[name]}, {value}"
    return headers


def media_type(value: str) -> str:
    """Type and subtype in lower case, without parameters (RFC 9110 section 8.3.1)."""
    return value.partition(";")[0].strip(WHITE_SPACE).lower()


def members(value: str) -> list[str]:
    """The members of a list in lower case (RFC 9110 section 5.6.1)."""
    return [member.strip(WHITE_SPACE) for member in value.lower().split(",")]


def _split_target(method: str, target: str) -> tuple[str, str]:
    """Path and query of a target in any of the four forms of RFC 9112 section 3.2."""
    if target.startswith("/") and method != "CONNECT":
        path, _, query = target.partition("?")
        return path, query
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        if not host or not _HOST.fullmatch(target) or not _DIGITS.fullmatch(port):
            raise HTTPError(400, "the request target of CONNECT is a host name and port")
        return target, ""
    if target == "*" and method == "OPTIONS":
        return target, ""
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise HTTPError(400, "the request target is a path that begins with /")
    if not _HOST.fullmatch(absolute[1]) or absolute[1].startswith(":"):
        raise HTTPError(400, "the request target is not http:// with a host name and port")
    return absolute[2] or "/", absolute[3] or ""


def _check_host(headers: dict[str, str], minor: int) -> None:
    """RFC 9112 section 3.2."""
    host = headers.get("host")
    if host is None:
        if minor >= 1:
            raise HTTPError(400, "HTTP/1.1 needs exactly one Host header field")
    elif not _HOST.fullmatch(host):
        raise HTTPError(400, "Host is not a host name and port")


def _check_expect(headers: dict[str, str], minor: int) -> None:
    """RFC 9110 section 10.1.1."""
    if minor >= 1 and headers.get("expect", "100-continue").lower() != "100-continue":
        raise HTTPError(417, "Expect knows only 100-continue")


def _keeps_alive(headers: dict[str, str], minor: int) -> bool:
    """RFC 9112 section 9.3."""
    options = members(headers.get("connection", ""))
    return "close" not in options and (minor >= 1 or "keep-alive" in options)


def _body_length(headers: dict[str, str], minor: int) -> int:
    """Bytes, or CHUNKED; whatever two readers could frame differently is refused (RFC 9112
    section 6)."""
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers:
        _check_chunked(headers, minor)
        return CHUNKED
    if not _DIGITS.fullmatch(length):
        raise HTTPError(400, "Content-Length is a number of bytes in digits")
    return int(length)


def _check_chunked(headers: dict[str, str], minor: int) -> None:
    """RFC 9112 sections 6.1 and 6.3."""
    if minor < 1:
        raise HTTPError(400, "HTTP/1.0 has no Transfer-Encoding")
    if "content-length" in headers:
        raise HTTPError(400, "Transfer-Encoding and Content-Length exclude each other")
    codings = members(headers["transfer-encoding"])
    if codings[-1] != "chunked" or "chunked" in codings[:-1]:
        raise HTTPError(400, "chunked has to be the last transfer coding, once")
    if len(codings) > 1:
        raise HTTPError(501, f"the transfer coding {codings[0]} is not implemented")


def _repeated(name: str, first: str, second: str) -> str:
    if name == "content-length" and first == second:
        return first  # RFC 9110 section 8.6: the same value again may be taken as one
    raise HTTPError(400, f"{name} stands there twice")


def explain(head: bytes, limits: Limits) -> HTTPError:
    """Why a head is not one, line by line; slow, and only for those that are wrong."""
    line, _, rest = head.decode("latin-1").partition("\n")
    if not re.fullmatch(rf"{TOKEN} {TARGET} HTTP/[0-9]\.[0-9]\r?", line):
        if len(line.removesuffix("\r")) > limits.line:
            return HTTPError(414, f"the request line is longer than {limits.line} bytes")
        return _explain_line(line)
    for field_line in rest.split("\n"):
        if field_line[:1] in (" ", "\t"):  # RFC 9112 section 5.2
            return HTTPError(400, "a header field is folded over lines")
        text = field_line.removesuffix("\r")
        name, colon, value = text.partition(":")
        if text and not colon:
            return HTTPError(400, "a header line has no colon")
        if name.rstrip(WHITE_SPACE) != name:
            return HTTPError(400, "white space stands before a header's colon")
        if text and not re.fullmatch(f"{TOKEN}:{VALUE}", text):
            where = "name" if re.fullmatch(VALUE, value) else "value"
            return HTTPError(400, f"a header field's {where} has a forbidden character")
    return HTTPError(400, "the header section is broken")


def _explain_line(line: str) -> HTTPError:
    parts = line.removesuffix("\r").split(" ")
    if len(parts) == 3 and re.fullmatch(r"HTTP/[0-9]\.[0-9]", parts[2]):
        if not re.fullmatch(TOKEN, parts[0]):
            return HTTPError(400, "the method is not a token")
        return HTTPError(400, "the request target has a forbidden character")
    return HTTPError(400, "the request line is not: METHOD target HTTP/1.1")
