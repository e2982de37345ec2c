"""The shorter way and the long one: the same bytes for the same requests, and the same counts."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labservers.servers.subjects import SubjectsServer
from labservers.servers.subjects_fast import FastSubjectsServer

PATHS = ["/subjects/1"] * 5 + [
    "/subjects/2",
    "/subjects/01",
    "/subjects/%31",
    "/subjects/",
    "/",
    "/x",
]
QUERIES = ["", "?", "?n=1", "?before=2", "?b%65fore=2", "?before=0", "?n=#"]
ACCEPTS = ["", "Accept: application/json\r\n", "Accept: text/html, */*;q=0.1\r\n", "Accept:\r\n"]
MORE = ["", "Connection: close\r\n", "connection: Keep-Alive\r\n", "Content-Length: 0\r\n",
        "X-A: \xff\r\n", "Host: b\r\n", "Expect: 100-continue\r\n"]  # fmt: skip
POST = "POST /subjects/1 HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
FORM = "application/x-www-form-urlencoded"


@st.composite
def gets(draw: st.DrawFn) -> str:
    method = draw(st.sampled_from(["GET"] * 9 + ["HEAD", "OPTIONS", "PUT"]))
    target = draw(st.sampled_from(PATHS)) + draw(st.sampled_from(QUERIES))
    version = draw(st.sampled_from(["1.1"] * 6 + ["1.0"]))
    fields = draw(st.sampled_from(ACCEPTS)) + draw(st.sampled_from(MORE))
    return f"{method} {target} HTTP/{version}\r\nHost: a\r\n{fields}\r\n"


posts = st.sampled_from(
    [POST % (FORM, 17, "subject=a&grade=5"), POST % (FORM, 7, "grade=9"), POST % ("x/y", 1, "a")]
)


def answers(address: tuple[str, int], requests: list[str]) -> bytes:
    """What comes for requests, each sent after the answer to the one before has begun."""
    received = b""
    with socket.create_connection(address, 10) as sock:
        for request in requests:
            sock.sendall(request.encode("latin-1"))
            received += (piece := sock.recv(65_536))
            if b"\r\nConnection: close\r\n" in piece:
                break
        else:
            sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(65_536):
            received += piece
    return re.sub(rb"Date: [^\r]*|20\d\d-[0-9T:. -]*Z?", b"", received)


def test_both_ways_answer_the_same(serve: Callable[..., Any], tmp_path: Path) -> None:
    def in_its_own_folder(kind: type[SubjectsServer]) -> Any:
        def make(spec: Any, options: Any, monitor: Any) -> SubjectsServer:
            folder = str(tmp_path / kind.__name__)
            return kind(spec, options._replace(data_dir=folder), monitor)

        return serve("subjects", make)

    fast, slow = in_its_own_folder(FastSubjectsServer), in_its_own_folder(SubjectsServer)

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(gets() | posts, min_size=1, max_size=8))
    def compare(requests: list[str]) -> None:
        fast.log.budget = 0  # or it leaves the first hundred of a second to the other
        assert answers(fast.address, requests) == answers(slow.address, requests), requests

    first = ["GET /subjects/1 HTTP/1.1\r\nHost: a\r\n" + accept + "\r\n" for accept in ACCEPTS]
    assert answers(fast.address, first) == answers(slow.address, first)
    compare()
    assert fast.monitor.counts == slow.monitor.counts
    assert fast.monitor.requests == slow.monitor.requests
    assert fast.monitor.bytes_in == slow.monitor.bytes_in
