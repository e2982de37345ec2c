"""Registrations with the system call: they last, and follow sockets that are closed."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labservers.loop.event_loop import Task
from labservers.loop.waits import READ, WRITE, AlreadyWaited, Waits

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(params=["auto", "poll", "select"])
def waits(request: pytest.FixtureRequest) -> Iterator[Waits]:
    made = Waits(request.param)
    yield made
    made.close()


def task(id: int = 1) -> Task:
    return Task(id, (None for _ in ()), 0.0)


def wait_to_read(waits: Waits, sock: socket.socket, waiter: Task) -> None:
    waits.watch(waiter, sock, READ)
    waits.to_read[sock] = waiter


def test_sockets_are_reported_by_the_side_that_is_waited_for(waits: Waits, pair: Pair) -> None:
    a, b = pair
    wait_to_read(waits, a, task(1))
    waits.watch(task(2), a, WRITE)
    waits.to_write[a] = task(2)
    assert waits.select(time.monotonic() + 5) == ([], [a])
    b.send(b"x")
    assert waits.select(time.monotonic() + 5) == ([a], [a])


def test_a_second_waiter_is_refused_by_the_name_of_the_first(waits: Waits, pair: Pair) -> None:
    wait_to_read(waits, pair[0], task(7))
    with pytest.raises(AlreadyWaited, match="task 7 already waits"):
        waits.watch(task(8), pair[0], READ)


def test_what_nobody_waits_for_is_reported_once_and_no_more(waits: Waits, pair: Pair) -> None:
    a, b = pair
    wait_to_read(waits, a, task())
    b.send(b"x")
    assert waits.select(time.monotonic() + 5) == ([a], [])
    del waits.to_read[a]
    assert waits.select(time.monotonic()) == ([], [])
    assert len(waits) == 0


def test_a_socket_closed_without_notice_is_found(waits: Waits, pair: Pair) -> None:
    waiter = task()
    wait_to_read(waits, pair[0], waiter)
    pair[0].close()
    assert waits.take_lost(time.monotonic()) == []
    assert waits.take_lost(time.monotonic() + 60) == [waiter]
    assert len(waits) == 0


def test_the_next_socket_of_the_same_number_makes_the_waiter_of_the_last_one_lost(
    waits: Waits,
) -> None:
    waiter, next_one = task(1), task(2)
    a, b = socket.socketpair()
    wait_to_read(waits, a, waiter)
    number = a.fileno()
    a.close()
    with b, socket.socket() as again:
        assert again.fileno() == number
        wait_to_read(waits, again, next_one)
        assert waits.take_lost(time.monotonic()) == [waiter]
        assert waits.to_read[again] is next_one


def test_interrupt_ends_the_wait(waits: Waits) -> None:
    waits.interrupt()
    assert waits.select(time.monotonic() + 60) == ([], [])


def test_a_closed_socket_is_refused(waits: Waits, pair: Pair) -> None:
    pair[0].close()
    with pytest.raises(OSError, match="closed"):
        waits.watch(task(), pair[0], READ)


def test_a_side_that_nobody_waits_for_is_taken_out_alone(waits: Waits, pair: Pair) -> None:
    a, b = pair
    wait_to_read(waits, a, task(1))
    waits.watch(task(2), a, WRITE)
    assert waits.select(time.monotonic()) == ([], [])
    assert waits.registered[a.fileno()] == (a, READ)
    b.send(b"x")
    assert waits.select(time.monotonic() + 5) == ([a], [])


def test_a_descriptor_that_another_socket_has_taken_over_is_watched(
    waits: Waits, pair: Pair
) -> None:
    """epoll(7) knows the descriptor still, as it was never closed."""
    a, b = pair
    waits.watch(task(1), a, WRITE)
    with socket.socket(fileno=a.detach()) as again:
        wait_to_read(waits, again, task(2))
        b.send(b"x")
        assert waits.select(time.monotonic() + 5) == ([again], [])


def test_a_plain_file_is_refused_by_its_number(tmp_path: Path) -> None:
    waits = Waits("epoll")
    file: Any = (tmp_path / "plain").open("wb")
    with file:
        with pytest.raises(OSError, match=f"cannot wait for descriptor {file.fileno()}: "):
            waits.watch(task(), file, READ)
    waits.close()
