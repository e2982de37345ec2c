"""An HTTP answer read from its bytes, with its faults (RFC 9112). A reader for judging: what a
client would refuse is kept, line by line, so that it can be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})( [^\r\n]*)?")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n]*)")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n]*)?\r?\n")
DIGITS = re.compile(r"[0-9]{1,18}")
WITHOUT_BODY = (204, 304)  # RFC 9112 section 6.3; 1xx too
HEAD = 64 * 1024  # bytes; whoever sends more header lines has none


@dataclass(frozen=True)
class Answer:
    """first: the status line. lines: the header lines, as they came, with their ends. ended: an
    empty line follows them. body: what follows it, as it came. status: None where the first line
    is not a status line."""

    first: bytes
    lines: tuple[bytes, ...]
    ended: bool
    body: bytes
    status: int | None

    def field(self, name: str) -> str | None:
        """The value of a header field, of the last where there are several."""
        found = None
        for line in self.lines:
            matched = FIELD_LINE.fullmatch(_bare(line))
            if matched is not None and matched[1].lower() == name.encode():
                found = matched[2].strip(b" \t").decode("latin-1")
        return found

    @property
    def length(self) -> int | None:
        """What Content-Length says; None where it is not there or not a number."""
        value = self.field("content-length")
        return int(value) if value is not None and DIGITS.fullmatch(value) else None

    @property
    def chunked(self) -> bool:
        return "chunked" in (self.field("transfer-encoding") or "").lower()

    @property
    def bodiless(self) -> bool:
        status = self.status or 200
        return status in WITHOUT_BODY or status < 200

    @property
    def content(self) -> bytes:
        """The body without its framing, as far as it has come."""
        if self.chunked:
            return unchunked(self.body)[0]
        return self.body if self.length is None else self.body[: self.length]

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


def read(data: bytes) -> Answer:
    """Of bytes that may break off anywhere. An interim answer, as 100 Continue, is passed over."""
    first, *_ = data.split(b"\n", 1)
    lines: list[bytes] = []
    at = len(first) + 1
    ended = False
    while at < min(len(data), HEAD) and not ended:
        end = data.find(b"\n", at) + 1 or len(data)
        line = data[at:end]
        at = end
        ended = not _bare(line)
        if not ended:
            lines.append(line)
    matched = STATUS_LINE.fullmatch(_bare(first))
    status = int(matched[1]) if matched is not None else None
    if ended and status is not None and 100 <= status < 200 and data[at:].startswith(b"HTTP/"):
        return read(data[at:])
    body = data[at:] if ended else b""
    return Answer(first + data[len(first) : len(first) + 1], tuple(lines), ended, body, status)


class Framing:
    """Where an answer ends, asked again and again while it grows: its head is read once."""

    def __init__(self, method: str = "GET") -> None:
        self._method = method
        self._answer: Answer | None = None
        self._body_at = 0

    @property
    def says_its_end(self) -> bool:
        """By Content-Length or by chunks (RFC 9112 section 6.3); without a head: no."""
        answer = self._answer
        return answer is not None and (answer.chunked or answer.length is not None)

    def whole(self, data: bytes | bytearray, dropped: int = 0) -> bool:
        """Whether all has come. False for one that ends with its connection. dropped: bytes that
        have come and were not kept."""
        answer = self._head(data)
        if answer is None:
            return False
        if self._method == "HEAD" or answer.bodiless:
            return True
        if answer.chunked:
            return data.endswith(b"\n") and unchunked(bytes(data[self._body_at :]))[1]
        come = len(data) - self._body_at + dropped
        return answer.length is not None and come >= answer.length

    def head_or_whole(self, data: bytes | bytearray) -> bool:
        """Whether at least the head has come."""
        return self._head(data) is not None

    def _head(self, data: bytes | bytearray) -> Answer | None:
        if self._answer is None and (b"\n\r\n" in data or b"\n\n" in data):
            answer = read(bytes(data))
            if answer.ended:
                self._answer, self._body_at = answer, len(data) - len(answer.body)
        return self._answer


def unchunked(body: bytes) -> tuple[bytes, bool]:
    """The content of chunks (RFC 9112 section 7.1), and whether the last one has come."""
    content, at = bytearray(), 0
    while matched := CHUNK_SIZE.match(body, at):
        size = int(matched[1], 16)
        begin = matched.end()
        if size == 0:
            rest = body[begin:]
            return bytes(content), rest.startswith((b"\r\n", b"\n")) or b"\n\r\n" in rest
        content += body[begin : begin + size]
        at = begin + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
        if at > len(body):
            break
    return bytes(content), False


def line_with_lf_alone(answer: Answer) -> bytes | None:
    """The first line of the head that ends in LF without CR (RFC 9112 section 2.2)."""
    lines = (answer.first, *answer.lines)
    return next((ln for ln in lines if ln.endswith(b"\n") and not ln.endswith(b"\r\n")), None)


def broken_field(answer: Answer) -> bytes | None:
    """The first header line that is not name, colon, value (RFC 9112 section 5)."""
    lines = (_bare(line) for line in answer.lines)
    return next((line for line in lines if not FIELD_LINE.fullmatch(line)), None)


def runs_into_body(answer: Answer) -> bool:
    """Whether the head has no empty line at its end: none came, or content stands among the
    header lines."""
    broken = broken_field(answer)
    return not answer.ended or (broken is not None and broken.lstrip()[:1] in (b"<", b"{", b"["))


def _bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")
