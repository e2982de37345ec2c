"""Every server counts its work: connections, requests, bytes, with threads or without."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.clients.checks import CHECKS
from labservers.registry import SERVERS

ASKING = 8


@pytest.mark.parametrize("name", SERVERS)
def test_what_was_done_is_in_the_frame(
    serve: Callable[..., Any], eventually: Callable[..., Any], name: str
) -> None:
    """Many clients at once: nothing is counted twice, and nothing is missed. What is sent in the
    chat depends on how many are in the room just then."""
    server = serve(name)
    CHECKS[name](*server.address, 5.0)
    one = eventually(
        lambda: (f := server.frame(1)).requests and f.bytes_out and f, "the first is counted"
    )
    asking = [
        threading.Thread(target=CHECKS[name], args=(*server.address, 10.0)) for _ in range(ASKING)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    times = ASKING + 1

    def counted() -> bool:
        frame = server.frame(2)
        return (
            frame.accepted == times * one.accepted
            and frame.requests == times * one.requests
            and frame.bytes_in == times * one.bytes_in > 0
            and (frame.bytes_out == times * one.bytes_out > 0 or name == "chat")
        )

    eventually(counted, "all are counted")
    assert server.frame(3).errors == 0


@pytest.mark.parametrize("model", ["threads", "blocking"])
def test_a_connection_that_breaks_is_an_error_and_counted_once(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
    model: str,
) -> None:
    server = serve("hypotenuse", model=model)
    for _ in range(20):
        client = connect(server.address)
        client.sendall(b'{"a": 3,')
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
        client.close()
    eventually(lambda: server.frame(1).errors == 20, "all are counted")
    eventually(lambda: server.frame(1).connections == 0, "all are closed")
    assert server.frame(1).counts == {"broken": 20}
