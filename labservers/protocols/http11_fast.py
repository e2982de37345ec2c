"""Only for speed: a plain request recognised by one pattern, and an answer made once a second.

Both have the contract of the core beside them, and property tests hold them equal to it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from labservers.protocols.http11_head import HOST, TOKEN, VALUE, media_type, parse_fields
from labservers.protocols.http11_message import WHITE_SPACE, Limits, Request, Response

SHORT_BYTES, SHORT_FIELDS = 2048, 60


def _once(group: int, name: str, value: str) -> str:
    """A field that matches once: of a second one, the core decides what it means.

    A set of letters comes first, as a branch of a pattern that begins with one is passed over
    at the first other letter.
    """
    first, rest = name[0], name[1:]
    begin = f"[{first.upper()}{first.lower()}](?ai:{rest})"
    return rf"{begin}(?({group})(?!)):[ \t]*+({value})[ \t]*+\r\n"


# A field of another name that begins with one of these letters. They are asked for first: at the
# end of the section, each name would be tried.
_OTHER = rf"""
    (?=[ACEHTaceht])
    (?!(?ai:Host|Accept|Connection|Content-Length|Content-Type|Transfer-Encoding|Expect):)
    {TOKEN}:{VALUE}\r\n
"""

# In the order of their fields: 5 the section, 6 to 10 the values that are needed at once.
_PLAIN = re.compile(
    rf"""
    (GET|HEAD|POST)\ ((/[\x21\x22\x24-\x3e\x40-\x7e]*+)(?:\?([\x21\x22\x24-\x7e]*+))?+)
    \ HTTP/1\.1\r\n
    ((?:
        (?![ACEHTaceht]){TOKEN}:{VALUE}\r\n
      | {_once(6, "Host", HOST)}
      | {_once(7, "Accept", VALUE)}
      | {_once(8, "Connection", "(?ai:close|keep-alive)")}
      | {_once(9, "Content-Length", "[0-9]{1,18}")}
      | {_once(10, "Content-Type", VALUE)}
      | {_OTHER}
    )*+)\r\n
    """,
    re.VERBOSE,
)


def _short(method: str, *fields: str) -> re.Pattern[bytes]:
    """A request with Host first, as clients send it (RFC 9110 section 7.2), one of `fields` at
    most each, and nothing that makes it special. The first letter lets most other fields pass
    without a look at their name."""
    known = "".join(f"| {field}" for field in fields)
    pattern = rf"""
    {method}\ (/[\x21\x22\x24-\x3e\x40-\x7e]*+)
    (?:\?([\x21\x22\x24\x26-\x7e]*+))?+\ HTTP/1\.1\r\n
    (?ai:Host):[ \t]*+{HOST}[ \t]*+\r\n
    (?:
        (?![ACEHTaceht]){TOKEN}:{VALUE}\r\n
      | {_once(3, "Accept", VALUE)}
      | [Cc](?ai:onnection):[ \t]*+(?ai:keep-alive)[ \t]*+\r\n
      {known}
      | {_OTHER}
    ){{0,{SHORT_FIELDS}}}+\r\n
    """
    return re.compile(pattern.encode(), re.VERBOSE)


_GET = _short("GET")
_FORM = _short(
    "POST",
    _once(4, "Content-Length", "[0-9]{1,4}"),
    _once(5, "Content-Type", "application/x-www-form-urlencoded"),
)


class Fields(Mapping[str, str]):
    """A header section that is split when its first field is asked for."""

    __slots__ = ("_fields", "_section")

    def __init__(self, section: str) -> None:
        self._section = section
        self._fields: dict[str, str] | None = None

    def _split(self) -> dict[str, str]:
        if self._fields is None:
            self._fields = parse_fields(self._section)
        return self._fields

    def __getitem__(self, name: str) -> str:
        return self._split()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._split())

    def __len__(self) -> int:
        return len(self._split())


def match_get(data: bytes) -> re.Match[bytes] | None:
    """Path, query and Accept of a plain GET that `data` is exactly, in bytes; the last two None
    where they are not there.

    It has SHORT_BYTES and, after Host, SHORT_FIELDS at most, keeps its connection, and has no
    body. Nothing in its query is escaped. All else is for match_plain() or for read_request():
    None.
    """
    return _GET.fullmatch(data) if len(data) <= SHORT_BYTES else None


def match_form(data: bytes) -> tuple[bytes, bytes | None, bytes] | None:
    """Path, Accept and body of a plain POST of a form that `data` is exactly, as match_get()."""
    found = _FORM.match(data) if len(data) <= SHORT_BYTES else None
    if found is None:
        return None
    path, _, accept, length, media = found.groups()
    body = data[found.end() :]
    return (path, accept, body) if media and length and len(body) == int(length) else None


def match_plain(data: bytes, limits: Limits) -> tuple[Any, ...] | None:
    """Parts of a request that `data` is exactly, with all of its body: method, target, path,
    query, section, Host, Accept, Connection, Content-Length, Content-Type; None for each of the
    last six and the query where it is not there.

    What else there is (a part, a pipeline, chunks, an error) is for read_request(): None.
    """
    found = _PLAIN.match(data.decode("latin-1"))
    if found is None:
        return None
    parts = found.groups()
    section, host, length = parts[4], parts[5], parts[8]
    end = found.end()
    body = len(data) - end
    if host is None or body != (int(length) if length else 0):
        return None
    if end > limits.head or body > limits.body or found.start(5) - 2 > limits.line:
        return None
    return parts if section.count("\n") <= limits.fields else None


def plain_request(data: bytes, limits: Limits) -> Request | None:
    """The request, where `data` is exactly one plain one with all of its body; else None."""
    parts = match_plain(data, limits)
    if parts is None:
        return None
    method, target, path, query, section, _, accept, connection, digits, kind = parts
    length = int(digits) if digits else 0
    request = Request(
        method,
        target,
        path,
        query or "",
        1,
        Fields(section),
        keeps_alive(connection),
        length,
        accept.strip(WHITE_SPACE) if accept else "",
        media_type(kind) if kind else "",
    )
    request.body = data[len(data) - length :]
    return request


def keeps_alive(connection: str | None) -> bool:
    """Of what the pattern takes as Connection."""
    return connection is None or connection.lower() != "close"


class ReadyResponse(Response):
    """An answer that is sent again and again, so nothing of it may be changed any more: its bytes
    are made once for each date."""

    __slots__ = ("_bytes", "_date")

    def __init__(self, response: Response) -> None:
        super().__init__(response.status, response.body, response.content_type, response.headers)
        self._date: str | None = None  # none is made yet
        self._bytes = b""

    def keeping(self, date: str) -> bytes:
        """As serialize(), for a GET in HTTP/1.1 that keeps its connection."""
        if date != self._date:
            self._date, self._bytes = date, self.serialize(date, close=False)
        return self._bytes
