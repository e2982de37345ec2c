"""Whatever a websocket is sent: a message, or a close code with a reason; never 1011."""

import http.client
from contextlib import closing, suppress
from typing import Any

import pytest
from simple_websocket import ConnectionClosed

BROKEN = 1011
DEEP = "[" * 50_000
WITH_TOKEN = '{"token": "token-of-the-tests", %s}'
FIRST = [
    " ",
    "[]",
    "null",
    "5",
    "NaN",
    "{",
    '{"token": []}',
    '{"token": null}',
    '{"token": "\\ud800"}',
    *(
        WITH_TOKEN % fields
        for fields in (
            f'"subscribe": {DEEP}',
            '"subscribe": {}',
            '"subscribe": [[]]',
            '"subscribe": [5]',
            '"subscribe": ["\\ud800"]',
            '"room": [], "nickname": {}',
            '"room": "\\ud800", "nickname": "\\ud800"',
            '"room": 5, "nickname": null',
            '"room": "a", "nickname": 1e999',
            '"room": "a", "token": "twice"',
        )
    ),
]
LATER = [
    "[]",
    "NaN",
    DEEP,
    '{"ack": true}',
    '{"ack": -1}',
    '{"ack": []}',
    '{"ack": 1e999}',
    f'{{"ack": {"9" * 5_000}}}',
    '{"ping": NaN}',
    f'{{"ping": {"[" * 500}{"]" * 500}}}',
    '{"subscribe": 5}',
    '{"subscribe": [null]}',
]


def answered(talk: Any) -> int:
    """The code that it is closed with, or 0 when a message comes."""
    try:
        talk.hear()
    except ConnectionClosed as closed:
        talk.ws.thread.join(30)
        return int(closed.reason)
    return 0


@pytest.mark.parametrize("path", ["/ws/live", "/ws/chat"])
def test_a_first_frame(site: Any, path: str) -> None:
    site.start("chat")
    for frame in FIRST:
        code = answered(site.talk(path, frame))
        assert code == 0 or 4400 <= code < 4500, (frame[:100], code)


def test_a_later_frame(site: Any) -> None:
    for frame in LATER:
        talk = site.talk("/ws/live", {"subscribe": []})
        assert talk.hear()["type"] == "snapshot"
        talk.tell(frame)
        with suppress(ConnectionClosed, OSError):  # it may have been closed by now
            talk.tell('{"ping": 5}')
        code = answered(talk)
        assert code == 0 or 4400 <= code < 4500, (frame[:100], code)


def test_a_body_without_a_length_is_bounded_too(site: Any) -> None:
    chunks = (b"x" * 64 * 1024 for _ in range(32))
    headers = {"X-Lab-Token": "token-of-the-tests", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(*site.address, timeout=30)) as connection:
        with suppress(ConnectionError):  # it answers before all has been sent
            connection.request("POST", "/api/try/hello", chunks, headers, encode_chunked=True)
        assert connection.getresponse().status == 413
