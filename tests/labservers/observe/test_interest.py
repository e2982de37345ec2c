"""What a wait in a selector watches, read off its arguments."""

import selectors
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from labservers.observe.interest import (
    NOTHING,
    descriptor,
    keys_of,
    of_lists,
    of_masks,
    of_selector,
)


class Changes:
    """A list that another thread changes meanwhile."""

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("dictionary changed size during iteration")


class WithNumber:
    """Of the program: its code is not called."""

    def fileno(self) -> int:
        raise AssertionError("called")


def test_of_select() -> None:
    with socket.socket() as sock:
        number = sock.fileno()
        assert of_lists(([sock, 90], {91}, [92], 1.5)) == ({number, 90}, {91})
        assert of_lists(([sock],)) == ({number}, frozenset())
    assert of_lists(()) == NOTHING == (frozenset(), frozenset())
    assert of_lists(([sock, -1, 0, True, WithNumber()], 5)) == ({0}, frozenset())
    assert of_lists((Changes(), [1])) == (frozenset(), {1})


def test_of_a_selector() -> None:
    with selectors.SelectSelector() as selector, socket.socket() as one, socket.socket() as two:
        selector.register(one, selectors.EVENT_READ)
        selector.register(two, selectors.EVENT_WRITE, "data")
        assert of_selector((selector, 1.5)) == ({one.fileno()}, {two.fileno()})
        selector.modify(one, selectors.EVENT_READ | selectors.EVENT_WRITE)
        assert of_selector((selector,)) == ({one.fileno()}, {one.fileno(), two.fileno()})
        assert {key.data for key in keys_of(selector)} == {None, "data"}
    assert keys_of(None) == []
    assert of_selector((None,)) == NOTHING


@pytest.mark.parametrize(
    ("mask", "reads", "writes"),
    [(1, True, False), (2, True, False), (4, False, True), (5, True, True), (8, False, False)],
)
def test_of_poll(mask: int, reads: bool, writes: bool) -> None:
    assert of_masks({3: mask}) == (({3} if reads else set()), ({3} if writes else set()))


def test_a_descriptor() -> None:
    with socket.socket() as sock:
        assert descriptor(sock) == sock.fileno()
    assert (descriptor(5), descriptor(True), descriptor("5")) == (5, None, None)
