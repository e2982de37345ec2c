"""The lanes of asyncio's event loop: its tasks by what their innermost await waits for.

asyncio's tasks are seen exactly, and so is which of them are ready. A connection that a Protocol
serves has no task: it is seen by its socket.
"""

from __future__ import annotations

import sys
from types import CoroutineType, FrameType
from typing import Any

from .lanes import Seen, entry_of
from .lines import Place
from .sockets import Entry
from .tap import Tap
from .tasks import values_of
from .turns import Loop
from .variables import forget

# Coroutines of asyncio, by what they wait for.
WAITS = {
    "_wait_for_data": "reading", "sock_recv": "reading", "sock_recv_into": "reading",
    "sock_recvfrom": "reading", "sock_recvfrom_into": "reading", "sock_accept": "reading",
    "_drain_helper": "writing", "sock_sendall": "writing", "sock_sendto": "writing",
    "sock_connect": "writing", "_sock_sendfile_fallback": "writing", "sleep": "sleeping",
}  # fmt: skip
DEPTH = 50  # coroutines that wait for one another


def running_loops() -> dict[int, Any]:
    """The running loops of asyncio by their thread, read off the stacks."""
    cls: Any = getattr(sys.modules.get("asyncio.base_events"), "BaseEventLoop", None)
    if cls is None:  # also while it is being imported
        return {}
    code = cls.run_forever.__code__
    found = {}
    for thread, frame in sys._current_frames().items():
        outer: FrameType | None = frame
        while outer is not None and outer.f_code is not code:
            outer = outer.f_back
        if outer is not None:
            names = outer.f_locals
            found[thread] = names.get("self")
            forget(outer, names)
    return {thread: loop for thread, loop in found.items() if loop is not None}


def look(tap: Tap, loop: Any, turns: Loop) -> list[Seen]:
    """All tasks of a loop, and the sockets that it reads for a Protocol."""
    asyncio = sys.modules["asyncio"]
    current = asyncio.current_task(loop)
    seen = [_seen(tap, task, task is current) for task in asyncio.all_tasks(loop)]
    return [*seen, *_without_a_task(tap, turns, seen)]


def _seen(tap: Tap, task: Any, is_current: bool) -> Seen:
    chain = _chain(task.get_coro())
    place = _own(tap, chain)
    lane = "running" if is_current else _lane(task, chain)
    name = getattr(chain[0], "__name__", "") if chain else ""
    frame, where = place if place is not None else (None, None)
    return Seen(task, lane, name, where.text if where else None, _entry(tap, chain), frame)


def _chain(coroutine: Any) -> list[Any]:
    """A coroutine, what it awaits, and so on, the innermost last."""
    chain: list[Any] = []
    while isinstance(coroutine, CoroutineType) and len(chain) < DEPTH:
        chain.append(coroutine)
        coroutine = coroutine.cr_await
    return chain


def _own(tap: Tap, chain: list[Any]) -> tuple[FrameType, Place] | None:
    """The innermost own line."""
    for coroutine in reversed(chain):
        frame = coroutine.cr_frame
        if frame is not None and tap.own.name(frame.f_code.co_filename) is not None:
            place = tap.own.place(frame)
            return (frame, place) if place is not None else None
    return None


def _lane(task: Any, chain: list[Any]) -> str:
    waiter = getattr(task, "_fut_waiter", None)
    if waiter is None or waiter.done():
        return "ready"
    for coroutine in reversed(chain):
        lane = WAITS.get(coroutine.__name__)
        if lane is not None and _is_asyncio(coroutine.cr_code.co_filename):
            return lane
    return "waiting"


def _is_asyncio(path: str) -> bool:
    return "asyncio" in path.replace("\\", "/").split("/")[-2:-1]


def _entry(tap: Tap, chain: list[Any]) -> Entry | None:
    """The socket that the innermost of these has among its names."""
    for coroutine in reversed(chain):
        for value in values_of(coroutine):
            entry = entry_of(value, tap.sockets)
            if entry is not None:
                return entry
    return None


def _without_a_task(tap: Tap, turns: Loop, seen: list[Seen]) -> list[Seen]:
    of_tasks = {one.entry.id for one in seen if one.entry is not None}
    interest, found = turns.interest(), []
    for number in sorted(interest.reading | interest.writing):
        entry = tap.sockets.of_descriptor(number)
        if entry is not None and not entry.listens and entry.id not in of_tasks:
            lane = "writing" if number in interest.writing else "reading"
            found.append(Seen(entry, lane, "", None, entry))
    return found
