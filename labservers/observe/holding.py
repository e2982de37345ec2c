"""One thread at a time, whatever a signal handler raises.

`with lock:` may leave a lock behind for ever: from Python 3.14 on a handler may raise between the
lock's __enter__() and the first step of the block.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar, cast

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])


def holding(lock: Any, work: Callable[[], T], wait_s: float = -1.0) -> T | None:
    """What `work` returns, which is done with an RLock held. None: the lock was not to be had
    within that time (-1: it is waited for), or this thread holds it: a signal handler came here in
    the midst of the work."""
    if lock._is_owned():
        return None
    try:
        return work() if lock.acquire(True, wait_s) else None
    finally:
        try:
            let_go(lock)
        except BaseException:  # a handler raised before it had begun
            let_go(lock)
            raise


def alone(method: Method) -> Method:
    """A method that has `self._lock`, an RLock, to itself. A signal handler that comes in the midst
    of one goes on at once."""

    @functools.wraps(method)
    def held(self: Any, *given: Any, **named: Any) -> Any:
        if self._lock._is_owned():
            return method(self, *given, **named)
        return holding(self._lock, lambda: method(self, *given, **named))

    return cast(Method, held)


def let_go(lock: Any) -> None:
    """Release a lock that knows its owner; nothing where another thread has it, or nobody."""
    try:
        lock.release()
    except RuntimeError:
        pass
