"""An object in the place of a function of C.

A function of Python will not do: as an attribute of a class it would get the instance as its
first argument, which a function of C does not.
"""

from __future__ import annotations

from typing import Any


def stand_in(original: Any, replacement: Any) -> Any:
    """It is called as `replacement`, and printed, pickled and copied as `original`."""

    def __call__(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return replacement(*arguments, **keywords)

    names = {
        "__slots__": (),
        "__call__": __call__,
        "__doc__": original.__doc__,
        "__module__": original.__module__,
        "__name__": original.__name__,
        "__qualname__": original.__qualname__,
        "__wrapped__": original,
        "__repr__": lambda self: repr(original),
        "__reduce__": lambda self: original.__name__,
    }
    return type(original.__name__, (), names)()
