"""A visitor's right: to look, to change what runs, or to start programs as well."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Right(IntEnum):
    """Each one includes those before it."""

    LOOK = 0
    CHANGE = 1
    START = 2

    @property
    def word(self) -> str:
        """As the page knows it."""
        return self.name.lower()


class Need(NamedTuple):
    """The condition of a request that changes something. `held`: only by the dashboard that
    holds its data folder."""

    right: Right = Right.START
    held: bool = True


_needs: dict[Callable[..., Any], Need] = {}  # of the marked views


def needs(right: Right, *, held: bool = True) -> Callable[[View], View]:
    """Mark a view; one without a mark needs the highest right."""

    def mark(view: View) -> View:
        _needs[view] = Need(right, held)
        return view

    return mark


def need_of(view: Callable[..., Any] | None) -> Need:
    return _needs.get(view, Need()) if view else Need()
