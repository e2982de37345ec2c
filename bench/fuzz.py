"""Throws damaged requests at a running subjects server: `python -m bench.fuzz`.

Every input goes over a connection of its own, in up to four pieces, and has to be answered to
the end of the stream in time, with whole HTTP/1.1 responses and never with a 500; the parser by
itself has to read the same out of it in one piece, byte by byte, and by its fast way. Inputs
follow from --seed and their number alone, so one that failed is thrown again with
`--first N --inputs 1`.
"""

import argparse
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from labservers.protocols.http11 import HTTPError, Limits, Request, read_request
from labservers.protocols.http11_fast import plain_request
from labservers.protocols.stream import ByteStream

INPUTS = 200_000
TIMEOUT_S = 5.0
WELL_BEFORE_S = 1.0  # a longer answer than this is a hang that a time-out ended
FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"

WHOLE = [
    b"GET /subjects/1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /subjects/2?x=1 HTTP/1.1\r\nHost: a:80\r\nAccept: application/json;q=0.5, */*\r\n\r\n",
    b"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"OPTIONS * HTTP/1.1\nHost: [::1]:80\n\n",
    b"GET http://a/subjects/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST /subjects/4 HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\nContent-Length: 21\r\n\r\n"
    b"subject=Maths&grade=5" % FORM,
    b"POST /subjects/5 HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\nContent-Length: 29\r\n\r\n"
    b'{"subject":"Nets","grade": 4}' % JSON,
    b"POST /subjects/6 HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nf;x=y\r\nsubject=a&grade\r\n2\r\n=3\r\n0\r\nA: b\r\n\r\n"
    % FORM,
    b"POST /subjects/7 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
]
SPLINTERS = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b",", b"?", b"#", b"%", b"/", b"//",
    b"\x7f", b"\x80", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"0", b"-1", b"+1", b"1e9", b"0x5",
    b"9" * 20, b"f" * 16, b"A" * 9_000, b"[" * 3_000, b"a: b\r\n" * 120, b"1\r\na\r\n" * 400,
    b"Host: b\r\n", b" folded\r\n", b"Content-Length: 5\r\n", b"Content-Length: 1, 1\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
    b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Accept: application/json\r\n",
    b"Content-Type: application/json\r\n", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b"\r\n\r\n",
    b'{"subject":"\\ud800","grade":1}', b"subject=%00&grade=1", b"subject=%ff", b"&" * 50,
]  # fmt: skip


def main() -> int:
    """0 when nothing was found, 1 after the first finding."""
    options = _options()
    findings = Findings()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        for number in range(options.first, options.first + options.inputs):
            rng = random.Random(f"{options.seed}/{number}")
            data = damaged(rng)
            fault = parser_fault(data) or server.fault(data, rng, findings.statuses)
            if fault:
                print(f"input {number} of seed {options.seed}: {fault}\n{data!r}")
                return 1
        if complaint := server.complaint():
            print(f"the server's log has: {complaint}")
            return 1
    spent = time.monotonic() - began
    answered = ", ".join(f"{status}: {n}" for status, n in sorted(findings.statuses.items()))
    print(f"{options.inputs:,} inputs in {spent:.0f} s, nothing found; answers {answered}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    return parser.parse_args()


@dataclass
class Findings:
    """The answers, by status."""

    statuses: Counter[int] = field(default_factory=Counter)


def damaged(rng: random.Random) -> bytes:
    """One to three requests after each other, broken in up to five places."""
    data = bytearray(b"".join(rng.choices(WHOLE, k=rng.choice((1, 1, 1, 2, 3)))))
    for _ in range(rng.randint(0, 5)):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 1, 2, 8, 40)))
        match rng.randrange(6):
            case 0:
                data[at:at] = rng.choice(SPLINTERS)
            case 1:
                del data[at:end]
            case 2:
                data[at:end] = rng.choice(SPLINTERS)
            case 3:
                data[at:at] = data[at:end] * rng.choice((1, 2, 50))
            case 4:
                data[at:end] = rng.randbytes(end - at)
            case _:
                del data[at:]
    return bytes(data)


def parser_fault(data: bytes) -> str:
    """Whether one piece and single bytes are read differently, or break the parser."""
    whole = readings(data, max(1, len(data)))
    single = readings(data, 1) if len(data) < 2_000 else readings(data, 509)
    if whole != single:
        return f"in one piece {whole}, in small ones {single}"
    plain = plain_request(data, Limits())
    if plain is not None and [summary(plain)] != whole:
        return f"read as {whole}, and {summary(plain)} by the fast way"
    return ""


def readings(data: bytes, piece: int) -> list[object]:
    """The requests, or the fault of the first wrong one, of data fed in such pieces."""
    stream, found = ByteStream(), list[object]()
    pieces = iter([data[at : at + piece] for at in range(0, len(data), piece)])
    while True:
        reading = read_request(stream, Limits())
        try:
            while True:
                next(reading)
                if (fed := next(pieces, None)) is None:
                    stream.feed_end()
                else:
                    stream.feed(fed)
        except StopIteration as done:
            if done.value is None:
                return found
            found.append(summary(done.value))
        except HTTPError as error:
            return [*found, error.status]


def summary(request: Request) -> tuple[object, ...]:
    return (request.method, request.target, dict(request.headers), request.body)


class Server:
    """A subjects server as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "log").open("a+b")  # which both may read and write
        words = ["-m", "labservers", "subjects", "--port", "0", "--data-dir", str(folder)]
        self._process = subprocess.Popen(
            [sys.executable, *words], stdin=subprocess.DEVNULL, stderr=self._log
        )
        self._address = self._listening()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()

    def fault(self, data: bytes, rng: random.Random, statuses: Counter[int]) -> str:
        """The fault of the answer to these bytes, or ""."""
        began = time.monotonic()
        try:
            answer = self._exchange(data, rng)
        except TimeoutError:
            return f"no end of the answer in {TIMEOUT_S} s"
        except ConnectionError as error:
            return f"the end of the connection: {error}"
        if time.monotonic() - began > WELL_BEFORE_S:
            return f"the answer took {time.monotonic() - began:.1f} s"
        seen, fault = read_answers(answer)
        statuses.update(seen)
        return fault or ("answered with a 500" if 500 in seen else "")

    def _listening(self) -> tuple[str, int]:
        """Its address, as its log says it."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            self._log.seek(0)
            if found := re.search(rb"listening on ([\d.]+):(\d+),", self._log.read()):
                return found[1].decode(), int(found[2])
            time.sleep(0.01)
        raise RuntimeError("the server did not come up")

    def complaint(self) -> str:
        """The first error in its log, which has one for each exception in a handler."""
        self._log.seek(0)
        found = re.search(rb".* ERROR .*(\n  .*)*", self._log.read())
        return found[0].decode("utf-8", "replace") if found else ""

    def _exchange(self, data: bytes, rng: random.Random) -> bytes:
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice((0, 0, 1, 3))))
        received = bytearray()
        with socket.create_connection(self._address, TIMEOUT_S) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
                    sock.sendall(data[start:end])
                sock.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before its end; the answer is still to be read
            while piece := sock.recv(65_536):
                received += piece
        return bytes(received)


_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [\x20-\x7e]*\r\n")
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)\r\n")


def read_answers(answer: bytes) -> tuple[list[int], str]:
    """The statuses of the responses in these bytes, and the part that is not a response.

    The requests may have had HEAD among them: a body may be missing, but never a part of one.
    """
    seen: list[int] = []
    while answer:
        line, end = _STATUS_LINE.match(answer), answer.find(b"\r\n\r\n") + 4
        if line is None or end < 4:
            return seen, f"not a response: {answer[:60]!r}"
        seen.append(int(line[1]))
        length = _LENGTH.search(answer, 0, end)
        answer, size = answer[end:], int(length[1]) if length else 0
        if not answer.startswith(b"HTTP/1.1 ") and answer:
            if len(answer) < size:
                return seen, f"a body of {size} bytes ends after {len(answer)}"
            answer = answer[size:]
    return seen, ""


if __name__ == "__main__":
    sys.exit(main())
