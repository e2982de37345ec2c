"""A server on the event loop: looked at, held, and stopped while it is held."""

import http.client
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.observe import messages

LOOK = messages.Look(10.0, ["loop", "rows"])


@pytest.fixture
def server(serve: Callable[..., Any]) -> Any:
    return serve("subjects")


def get(server: Any) -> int:
    connection = http.client.HTTPConnection(*server.address, timeout=30)
    try:
        connection.request("GET", "/subjects/1")
        return connection.getresponse().status
    finally:
        connection.close()


def test_an_idle_server_that_is_looked_at_makes_no_tick(
    server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    connect(server.address)
    server.looked_at(LOOK)
    eventually(
        lambda: (f := server.frame(2).loop).reading == 2 and f.utilization == 0.0,
        "listener and client wait to read, and the step that made them is over",
    )
    before = server.frame(3).loop
    for seq in range(20):
        server.rows()
        loop = server.frame(seq).loop
        assert (loop.ticks, loop.steps, loop.utilization) == (before.ticks, before.steps, 0.0)
        assert (loop.lag_us, loop.moves, loop.hog) == (0, {}, None)


def test_a_step_resumes_one_task_and_a_tick_each_that_is_ready(
    server: Any, eventually: Callable[..., Any]
) -> None:
    eventually(lambda: server.frame(1).loop.reading == 1, "it accepts")
    steps = server.frame(1).loop.steps
    server.command(messages.Pause())
    statuses: list[int] = []
    client = threading.Thread(target=lambda: statuses.append(get(server)))
    client.start()
    try:
        eventually(lambda: server.frame(1).loop.ready == 1, "the listener is ready")
        assert server.frame(1).loop.paused
        server.command(messages.Step())
        eventually(lambda: server.frame(1).loop.steps == steps + 1, "it has accepted")
        eventually(lambda: server.frame(1).loop.ready == 1, "the client's task is ready")
        server.command(messages.Tick())
        eventually(lambda: server.frame(1).loop.steps == steps + 2, "its first step")
        assert statuses == []
    finally:
        server.command(messages.Resume())
        client.join(30)
    assert statuses == [200]
    assert not server.frame(1).loop.paused


def test_a_pause_ends_with_its_limit(server: Any, eventually: Callable[..., Any]) -> None:
    eventually(lambda: server.frame(1).loop.reading == 1, "it accepts")
    server.command(messages.Pause(0.05))
    assert get(server) == 200
    assert not server.frame(1).loop.paused


def test_a_server_that_is_held_still_stops(server: Any, eventually: Callable[..., Any]) -> None:
    eventually(lambda: server.frame(1).loop.reading == 1, "it accepts")
    server.command(messages.Slow(2.0))
    server.command(messages.Pause())
    with socket.create_connection(server.address, 30) as sock:
        eventually(lambda: server.stepper.held(0.0).points, "it is held")
        server.stop()
        sock.settimeout(30)
        assert sock.recv(1) == b""


def test_a_client_whose_task_has_not_begun_is_closed_at_the_end(
    server: Any, eventually: Callable[..., Any]
) -> None:
    eventually(lambda: server.frame(1).loop.reading == 1, "it accepts")
    server.command(messages.Pause())
    with socket.create_connection(server.address, 30) as sock:
        eventually(lambda: server.frame(1).loop.ready == 1, "the listener is ready")
        server.command(messages.Step())
        eventually(lambda: server.clients == 1, "it has accepted")
        server.loop.call_soon(server.stop)  # before the client's first step
        server.command(messages.Resume())
        assert sock.recv(1) == b""


def test_the_address_of_a_client_is_asked_for_once(
    server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    sock = connect(server.address)
    eventually(lambda: server.frame(1).loop.reading == 2, "both wait")
    peers = {row.peer for row in server.rows().rows}
    assert "{}:{}".format(*sock.getsockname()) in peers
