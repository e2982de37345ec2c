"""The edges of the two fast patterns: the last that they take, and the first that they leave."""

from itertools import permutations

import pytest

from labservers.protocols.http11 import HTTPError, Limits, Request, parse_head
from labservers.protocols.http11_fast import (
    SHORT_BYTES,
    SHORT_FIELDS,
    Fields,
    match_form,
    match_get,
    plain_request,
)

LIMITS = Limits()
ALL_BYTES = [bytes([value]) for value in range(256)]


def get(*lines: bytes, target: bytes = b"/") -> bytes:
    fields = b"".join(line + b"\r\n" for line in lines)
    return b"GET %b HTTP/1.1\r\nHost: lab\r\n%b\r\n" % (target, fields)


def by_the_core(head: bytes) -> Request | None:
    try:
        return parse_head(head, LIMITS)
    except HTTPError:
        return None


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (get(), (b"/", None, None)),
        (get(target=b"/?"), (b"/", b"", None)),
        (get(b"Accept: */*", target=b"/a%20b?c=d&e?f"), (b"/a%20b", b"c=d&e?f", b"*/*")),
        (get(b"ACCEPT:a", b"X:y"), (b"/", None, b"a")),
        (get(b"X: y", b"connection:\t Keep-Alive ", b"accept: a"), (b"/", None, b"a")),
    ],
)
def test_the_parts_of_a_plain_get(data: bytes, parts: tuple[bytes | None, ...]) -> None:
    found = match_get(data)
    assert found
    assert found.groups() == parts


@pytest.mark.parametrize(
    "data",
    [
        get(b"Connection: close"),
        get(b"Connection: keep-alive, close"),
        get(b"Content-Length: 0"),
        get(b"content-type: a/b"),
        get(b"Transfer-Encoding: chunked"),
        get(b"Expect: 100-continue"),
        get(b"HOST: lab"),
        get(b"Accept: a", b"accept: a"),
        get(b"Accept: a", b"X: y", b"Accept: a", target=b"/?q"),
        get(target=b"/?a%20b"),
        get() + get(),
        get() + b"x",
        get()[:-1],
        get().replace(b"GET", b"HEAD"),
        get().replace(b"GET", b"POST"),
        b"GET / HTTP/1.1\r\nX: y\r\nHost: lab\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_more_than_a_plain_get_is_left(data: bytes) -> None:
    assert match_get(data) is None


def test_a_plain_get_has_its_bytes_and_fields_at_most() -> None:
    longest = get(b"X: " + b"y" * (SHORT_BYTES - len(get(b"X: "))))
    assert len(longest) == SHORT_BYTES
    assert match_get(longest)
    assert match_get(longest.replace(b"y", b"yy", 1)) is None
    assert match_get(get(*[b"X:"] * SHORT_FIELDS))
    assert match_get(get(*[b"X:"] * (SHORT_FIELDS + 1))) is None


URLENCODED = b"Content-Type: application/x-www-form-urlencoded"
NAMED_LOWER = URLENCODED.replace(b"Content-Type", b"content-type")
LENGTH = b"Content-Length: 3"


def form(*lines: bytes, body: bytes = b"a=b") -> bytes:
    return get(*lines, target=b"/a?q").replace(b"GET", b"POST") + body


def test_the_parts_of_a_plain_form() -> None:
    accept = b"Accept: */*"
    for order in permutations([URLENCODED, LENGTH, accept]):
        assert match_form(form(*order)) == (b"/a", b"*/*", b"a=b")
    assert match_form(form(NAMED_LOWER, b"content-length:0003")) == (b"/a", None, b"a=b")
    assert match_form(form(URLENCODED, b"Content-Length: 0", body=b"")) == (b"/a", None, b"")


@pytest.mark.parametrize(
    "lines",
    [
        (URLENCODED,),
        (LENGTH,),
        (URLENCODED, LENGTH, LENGTH),
        (URLENCODED, URLENCODED, LENGTH),
        (URLENCODED, LENGTH, b"Accept: a", b"Accept: a"),
        (URLENCODED, LENGTH, b"Connection: close"),
        (URLENCODED, LENGTH, b"Expect: 100-continue"),
        (URLENCODED, LENGTH, b"Transfer-Encoding: chunked"),
        (URLENCODED + b"; charset=utf-8", LENGTH),
        (b"Content-Type: application/json", LENGTH),
        (URLENCODED, b"Content-Length: 2"),
        (URLENCODED, b"Content-Length: 4"),
        (URLENCODED, b"Content-Length: 00003"),
    ],
)
def test_what_is_not_a_plain_form_is_left(lines: tuple[bytes, ...]) -> None:
    assert match_form(form(*lines)) is None


def test_a_plain_form_has_its_bytes_at_most() -> None:
    head = form(URLENCODED, b"Content-Length: 1900", b"X: ", body=b"")
    longest = head.replace(b"X: ", b"X: " + b"y" * (SHORT_BYTES - 1900 - len(head)))
    assert match_form(longest + b"a" * 1900)
    assert match_form(longest.replace(b"y", b"yy", 1) + b"a" * 1900) is None


LOOK_ALIKES = [
    b"A", b"Accep", b"Accepts", b"Accept-Language", b"H", b"Hos", b"Hosts", b"C", b"Connections",
    b"Content-Lengths", b"Content-Typed", b"Content-Encoding", b"E", b"Expects", b"Etag", b"T",
    b"TE", b"Transfer-Encodings", b"Transfer", b"X-Host", b"-Accept", b"0", b"~",
]  # fmt: skip


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_name_that_only_begins_like_another_is_any_name(name: bytes) -> None:
    for same in (name, name.lower(), name.upper()):
        line = same + b": close"
        assert match_get(get(line, line))
        request = plain_request(get(line, line), LIMITS)
        assert request
        assert request.headers[name.decode().lower()] == "close, close"


@pytest.mark.parametrize("version", [b"1.0", b"1.2", b"1.11", b"11.1", b"0.1", b"2.1", b"1,1"])
def test_another_version_is_left(version: bytes) -> None:
    data = get().replace(b"1.1", version)
    assert match_get(data) is None
    assert plain_request(data, LIMITS) is None


@pytest.mark.parametrize(
    "template",
    [
        get(target=b"/a@b"),
        get(target=b"/?a@b"),
        get(b"A@b: c"),
        get(b"@: c"),
        get(b"Accept@: c"),
        get(b"Accept: a@b"),
        get(b"X: a@b"),
        get(b"X:@"),
        get().replace(b"lab", b"l@b"),
        get().replace(b"lab", b"[::@1]:80"),
        get().replace(b"lab", b"lab:8@"),
        get().replace(b"GET", b"GE@"),
    ],
)
def test_each_byte_is_taken_where_the_core_takes_it(template: bytes) -> None:
    """But of methods three are plain, and a query with an escape is not a plain GET's."""
    for byte in ALL_BYTES:
        data = template.replace(b"@", byte)
        core = by_the_core(data)
        plain = plain_request(data, LIMITS)
        assert (plain is None) == (core is None or core.method != "GET"), data
        found = match_get(data)
        assert (found is None) == (plain is None or "%" in plain.query), data
        if core and plain and found:
            path, query, accept = (part or b"" for part in found.groups())
            assert plain.target == core.target
            assert (path, query) == (core.path.encode(), core.query.encode())
            assert accept.strip(b" \t") == core.accept.encode("latin-1")


FIELDS = [
    b"Host: lab",
    b"Accept: a",
    b"Connection: close",
    b"Content-Length: 3",
    b"Content-Type: b",
]


def test_the_fields_of_a_plain_request_come_in_any_order() -> None:
    for order in permutations(FIELDS):
        request = plain_request(b"\r\n".join((b"POST / HTTP/1.1", *order, b"", b"abc")), LIMITS)
        assert request, order
        assert (request.accept, request.media, request.body) == ("a", "b", b"abc")
        assert not request.keep_alive


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("between", [[], [b"X: y"], FIELDS])
def test_a_second_field_of_a_kind_is_left_to_the_core(field: bytes, between: list[bytes]) -> None:
    host = [] if field == FIELDS[0] else FIELDS[:1]
    rest = [line for line in between if line not in (field, FIELDS[0])]
    lines = [b"POST / HTTP/1.1", *host, field, *rest]
    body = b"abc" if FIELDS[3] in lines else b""
    assert plain_request(b"\r\n".join((*lines, b"", body)), LIMITS)
    assert plain_request(b"\r\n".join((*lines, field, b"", body)), LIMITS) is None


LINE = b"POST /abc HTTP/1.1"
HEAD = LINE + b"\r\nHost: lab\r\nContent-Length: 00005\r\n\r\n"
SIZES = {"line": len(LINE), "head": len(HEAD), "fields": 2, "body": 5}


@pytest.mark.parametrize("name", SIZES)
def test_a_plain_request_goes_to_its_limits(name: str) -> None:
    assert plain_request(HEAD + b"hello", LIMITS._replace(**{name: SIZES[name]}))
    assert plain_request(HEAD + b"hello", LIMITS._replace(**{name: SIZES[name] - 1})) is None


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST"])
@pytest.mark.parametrize("digits", [b"3", b"03", b"0" * 17 + b"3"])
def test_a_body_has_exactly_its_length(method: bytes, digits: bytes) -> None:
    head = get(b"Content-Length: " + digits).replace(b"GET", method)
    request = plain_request(head + b"abc", LIMITS)
    assert request
    assert (request.length, request.body) == (3, b"abc")
    assert plain_request(head + b"ab", LIMITS) is None
    assert plain_request(head + b"abcd", LIMITS) is None
    assert plain_request(get(), LIMITS)
    assert plain_request(get() + b"a", LIMITS) is None
    assert plain_request(get(b"Content-Length: 0"), LIMITS)
    assert plain_request(get(b"Content-Length: " + b"0" * 19), LIMITS) is None


def test_a_section_is_a_mapping_of_its_fields() -> None:
    fields = Fields("Host: lab\r\nX-A:1\r\nx-a: 2 \r\n")
    assert len(fields) == 2
    assert list(fields) == ["host", "x-a"]
    assert fields["x-a"] == "1, 2"
    assert fields.get("accept") is None
    assert dict(fields) == {"host": "lab", "x-a": "1, 2"}
    assert len(Fields("")) == 0
