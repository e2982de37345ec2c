"""What a selector watches, by its descriptors: read off the arguments of a call of it."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterable
from typing import Any, NamedTuple

from .sockets import BASE

READS, WRITES = 3, 4  # POLLIN and POLLPRI, POLLOUT: poll(2), and the same for epoll


class Interest(NamedTuple):
    """Descriptors: whether they can be read is waited for, or whether they can be written."""

    reading: frozenset[int]
    writing: frozenset[int]


NOTHING = Interest(frozenset(), frozenset())


def of_lists(arguments: tuple[Any, ...]) -> Interest:
    """Of select.select()."""
    reading, writing = (*arguments, (), ())[:2]
    return Interest(_descriptors(reading), _descriptors(writing))


def of_selector(arguments: tuple[Any, ...]) -> Interest:
    """Of the select() of a selector, which is the first argument."""
    keys = keys_of(arguments[0])
    return Interest(
        frozenset(key.fd for key in keys if key.events & selectors.EVENT_READ),
        frozenset(key.fd for key in keys if key.events & selectors.EVENT_WRITE),
    )


def keys_of(selector: Any) -> list[selectors.SelectorKey]:
    """Of a selectors.BaseSelector; none where it is of another kind."""
    return _listed(getattr(selector, "_fd_to_key", {}).values())


def of_masks(masks: dict[int, int]) -> Interest:
    """Of poll() and epoll: descriptor -> events, as registered."""
    marks = _listed(masks.items())
    return Interest(
        frozenset(number for number, mask in marks if mask & READS),
        frozenset(number for number, mask in marks if mask & WRITES),
    )


def descriptor(one: Any) -> int | None:
    """Of a socket, or a number; no code of the program is called for another object."""
    if isinstance(one, socket.socket):
        return int(BASE.fileno(one))
    return one if type(one) is int else None


def _descriptors(objects: Any) -> frozenset[int]:
    numbers = map(descriptor, _listed(objects))
    return frozenset(number for number in numbers if number is not None and number >= 0)


def _listed(objects: Iterable[Any]) -> list[Any]:
    """A copy; empty where another thread changes them meanwhile."""
    try:
        return list(objects) if isinstance(objects, Iterable) else []
    except RuntimeError:
        return []
