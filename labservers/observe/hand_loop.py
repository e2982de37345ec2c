"""The lanes of a loop that somebody has written: what is seen of its generators from outside.

A generator that is suspended does not say what it waits for. But its loop has put it somewhere:
beside a socket that a selector watches, in a queue, in a heap by time. These places are looked for
from the loop's own frames on. A loop without generators is seen by its sockets.
"""

from __future__ import annotations

import inspect
import sys
from collections import deque
from collections.abc import Container, Iterator
from types import FrameType, GeneratorType
from typing import Any, NamedTuple

from .interest import Interest, descriptor
from .lanes import Seen, entry_of
from .sockets import BASE, Entry
from .tap import Tap
from .tasks import Suspended, values_of
from .turns import Loop
from .variables import forget

LOOKED_AT = 60_000  # objects
ROWS = (list, deque, tuple)
SETS = (set, frozenset)
NUMBERS = (int, float)
QUEUES = ("queue", "_queue", "collections", "heapq")  # modules whose objects may hold tasks
KEPT = 100  # mappings whose lane is known


# What a place says of a task, the more telling one last: nothing, that it is its turn, that a time
# is waited for, a socket that is not watched, one that is.
NOTHING, TURN, TIME, SOCKET, WATCHED = range(5)


class Place(NamedTuple):
    """Where a loop has put a task: in `holder` (an id()), beside a socket or not."""

    says: int
    holder: int
    fd: int | None = None


class HandLoop:
    """Tasks of a loop of the program's own; for one thread."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._lanes: dict[int, str] = {}  # of a mapping by sockets, by its id()

    def look(self, loop: Loop, frame: FrameType | None, tasks: list[Suspended]) -> list[Seen]:
        """`frame`: the innermost of the loop's thread. `tasks`: suspended ones, and those that
        run."""
        interest = loop.interest()
        places = Places(self._tap, tasks, interest, self._lanes)
        for key in loop.registered():
            places.put_beside(key.fd, key.data)
        if any(not task.running for task in tasks):
            places.find(list(_own_frames(self._tap, frame)))
        self._vote(places.found, interest)
        if not places.found and not any(task.running for task in tasks):
            return self._sockets(interest)  # its generators are not the loop's
        return [self._seen(task, places.found.get(id(task.outer)), interest) for task in tasks]

    def _seen(self, task: Suspended, place: Place | None, interest: Interest) -> Seen:
        entry = self._entry(task, place)
        lane = "running" if task.running else self._lane(place, interest)
        return Seen(task.outer, lane, task.outer.__name__, task.line, entry, task.frame)

    def _lane(self, place: Place | None, interest: Interest) -> str:
        if place is not None and place.fd is not None:
            return self._lanes.get(place.holder) or _side(place.fd, interest) or "waiting"
        return {TURN: "ready", TIME: "sleeping"}.get(place.says if place else NOTHING, "waiting")

    def _vote(self, found: dict[int, Place], interest: Interest) -> None:
        """What most of the sockets of a mapping are watched for, all of them wait for."""
        votes: dict[int, dict[str, int]] = {}
        for place in found.values():
            side = _side(place.fd, interest) if place.fd is not None else None
            if side and place.holder:
                of_holder = votes.setdefault(place.holder, {})
                of_holder[side] = of_holder.get(side, 0) + 1
        for holder, sides in votes.items():
            self._lanes[holder] = max(sides, key=lambda side: sides[side])
        while len(self._lanes) > KEPT:
            del self._lanes[next(iter(self._lanes))]

    def _entry(self, task: Suspended, place: Place | None) -> Entry | None:
        """The socket that it is kept beside, or else the only one among its locals."""
        sockets = self._tap.sockets
        if place is not None and place.fd is not None:
            return sockets.of_descriptor(place.fd)
        values = _local_values(task.frame) if task.running else values_of(task.task)
        found = {id(e): e for v in values if (e := entry_of(v, sockets)) is not None}
        return next(iter(found.values())) if len(found) == 1 else None

    def _sockets(self, interest: Interest) -> list[Seen]:
        """Of a loop without tasks: each socket that it watches."""
        seen = []
        for number in sorted(interest.reading | interest.writing):
            entry = self._tap.sockets.of_descriptor(number)
            if entry is not None:
                lane = "writing" if number in interest.writing else "reading"
                seen.append(Seen(entry, lane, "", None, entry))
        return seen


class Places:
    """Places of tasks by the id() of their generator. holders: mappings that are known to be by
    descriptors."""

    def __init__(
        self, tap: Tap, tasks: list[Suspended], interest: Interest, holders: Container[int]
    ) -> None:
        self.found: dict[int, Place] = {}
        self._tap = tap
        self._holders = holders
        self._watched = interest.reading | interest.writing
        self._tasks = {id(task.outer) for task in tasks}
        self._own_classes: dict[type[Any], bool] = {}

    def put_beside(self, fd: int, data: Any) -> None:
        """This is registered with a selector for a socket."""
        for task, _ in self._tasks_in(data):
            self.found[task] = Place(WATCHED, 0, fd)

    def find(self, frames: list[FrameType]) -> None:
        """Look through all that these frames refer to, the nearest first."""
        todo: deque[Any] = deque()
        for frame in frames:
            todo.extend([*_local_values(frame), *frame.f_globals.values()])
        seen: set[int] = set()
        while todo and len(seen) < LOOKED_AT:
            one = todo.popleft()
            if id(one) not in seen:
                seen.add(id(one))
                todo.extend(self._look_into(one))

    def _look_into(self, one: Any) -> list[Any]:
        """Note the tasks that this holds; what else is to be looked into."""
        if isinstance(one, dict):
            return self._note(self._keyed(_copy(one.items()), id(one)), id(one), NOTHING)
        if isinstance(one, (*ROWS, *SETS)):
            says = TURN if isinstance(one, ROWS) else NOTHING
            return self._note([(None, value) for value in _copy(one)], id(one), says)
        return _attributes(one) if self._is_own(type(one)) else []

    def _note(self, entries: list[tuple[Any, Any]], holder: int, says: int) -> list[Any]:
        more = []
        for fd, value in entries:
            tasks = self._tasks_in(value)
            if not tasks:
                more.append(value)
            for task, timed in tasks:
                place = self._place(fd, holder, TIME if timed else says)
                if task not in self.found or place.says > self.found[task].says:
                    self.found[task] = place
        return more

    def _keyed(self, items: list[tuple[Any, Any]], holder: int) -> list[tuple[Any, Any]]:
        """Entries by their descriptor, or by None. Numbers may be of anything: they are taken for
        descriptors where a selector watches them all."""
        numbers = {key for key, _ in items if type(key) is int}
        if holder in self._holders or numbers <= self._watched:
            return [(descriptor(key), value) for key, value in items]
        return [(descriptor(key) if isinstance(key, BASE) else None, v) for key, v in items]

    def _place(self, fd: int | None, holder: int, says: int) -> Place:
        if fd is None:
            return Place(says, holder)
        return Place(WATCHED if fd in self._watched else SOCKET, holder, fd)

    def _tasks_in(self, value: Any) -> list[tuple[int, bool]]:
        """The tasks that an entry stands for: a generator, an object or a tuple that has one; and
        whether a number goes before it, as in a heap by time."""
        if type(value) is GeneratorType:
            return [(id(value), False)] if id(value) in self._tasks else []
        if type(value) is tuple:
            timed = bool(value) and type(value[0]) in NUMBERS
            inner = [task for part in value for task, _ in self._tasks_in(part)]
            return [(task, timed) for task in inner]
        if not self._is_own(type(value)):
            return []
        held = _attributes(value)
        return [(id(o), False) for o in held if type(o) is GeneratorType and id(o) in self._tasks]

    def _is_own(self, cls: type[Any]) -> bool:
        """Whether the program has made this class, or it is one of those that hold tasks."""
        known = self._own_classes.get(cls)
        if known is None:
            module = getattr(cls, "__module__", "")
            file = getattr(sys.modules.get(module), "__file__", None) or ""
            known = module in QUEUES or (bool(file) and self._tap.own.name(file) is not None)
            self._own_classes[cls] = known
        return known


def _attributes(one: Any) -> list[Any]:
    """Values of an object; no code of its class is called."""
    names = getattr(type(one), "__slots__", ())
    slots = [names] if isinstance(names, str) else names
    found = []
    for name in slots:
        part = inspect.getattr_static(one, name, None)
        if inspect.ismemberdescriptor(part):
            try:
                found.append(part.__get__(one))
            except AttributeError:  # it has no value yet
                pass
    try:
        found.extend(object.__getattribute__(one, "__dict__").values())
    except (AttributeError, RuntimeError):
        pass
    return found


def _local_values(frame: FrameType) -> list[Any]:
    names = frame.f_locals
    values = list(names.values())
    forget(frame, names)
    return values


def _own_frames(tap: Tap, frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        if tap.own.name(frame.f_code.co_filename) is not None:
            yield frame
        frame = frame.f_back


def _side(fd: int | None, interest: Interest) -> str | None:
    """The lane of a descriptor that is watched for one thing alone."""
    reads, writes = fd in interest.reading, fd in interest.writing
    if reads is writes:
        return None
    return "reading" if reads else "writing"


def _copy(values: Any) -> list[Any]:
    try:
        return list(values)
    except RuntimeError:  # another thread has changed it meanwhile
        return []
