"""`select.poll` and `select.epoll`: an own line gets a poller that is seen."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING, Any

from .interest import READS, WRITES, descriptor, of_masks
from .waits import ready, turn

if TYPE_CHECKING:
    from .tap import Tap


def of_select(tap: Tap) -> list[tuple[Any, str, Any]]:
    """The module, the name and the stand-in of each."""
    names = [name for name in ("poll", "epoll") if hasattr(select, name)]
    return [(select, name, _poller(tap, name, getattr(select, name))) for name in names]


def _poller(tap: Tap, name: str, real: Any) -> Any:
    """The class, or the function, in its place: poll() of what it makes is a point."""
    kind = type(real()) if name == "poll" else real

    class Poller:
        """A real one, seen."""

        def __init__(self, poller: Any) -> None:
            self._poller = poller
            self._masks: dict[int, int] = {}
            masks = self._masks
            self._poll = turn(tap, name, lambda _: of_masks(masks), poller.poll, ready)

        def register(self, fd: Any, *mask: Any, **keywords: Any) -> Any:
            self._poller.register(fd, *mask, **keywords)
            self._note(fd, *mask, *keywords.values())

        def modify(self, fd: Any, *mask: Any, **keywords: Any) -> Any:
            self._poller.modify(fd, *mask, **keywords)
            self._note(fd, *mask, *keywords.values())

        def unregister(self, fd: Any) -> Any:
            number = descriptor(fd)
            self._masks.pop(-1 if number is None else number, None)
            return self._poller.unregister(fd)

        def _note(self, fd: Any, mask: int = READS | WRITES, *_: Any) -> None:
            number = descriptor(fd)
            if number is not None:
                self._masks[number] = mask

        def poll(self, *arguments: Any, **keywords: Any) -> Any:
            return self._poll(*arguments, **keywords)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._poller, name)

        def __enter__(self) -> Any:
            self._poller.__enter__()
            return self

        def __exit__(self, *error: Any) -> None:
            self._poller.__exit__(*error)

        def __reduce_ex__(self, protocol: Any) -> Any:
            """Not pickled and not copied, as ever."""
            return self._poller.__reduce_ex__(protocol)

    Poller.__module__ = "select"
    Poller.__name__ = Poller.__qualname__ = name

    class Maker(type):
        def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
            poller = real(*arguments, **keywords)
            caller = sys._getframe(1).f_code.co_filename
            return Poller(poller) if tap.own.name(caller) is not None and tap.on else poller

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, (kind, Poller))

        def __repr__(cls) -> str:
            return repr(real)

        def __getattr__(cls, name: str) -> Any:
            return getattr(real, name)

    return Maker(name, (), {"__module__": "select", "__doc__": real.__doc__})
