"""The loop's work besides its tasks: calls from other threads, and calls for later."""

from collections import deque
from collections.abc import Callable

Call = Callable[[], None]
IDLE_TICKS = 8


class Calls:
    """Calls that the loop makes between a wait and the tick after it.

    interrupt() lets the wait return; report(text, error) hears of a call that broke.
    """

    def __init__(
        self, interrupt: Callable[[], None], report: Callable[[str, BaseException], None]
    ) -> None:
        self._interrupt = interrupt
        self._report = report
        self._soon: deque[Call] = deque()
        self._interrupted = False
        self._when_idle: list[Call] = []
        self._ticks_left = 0

    def __bool__(self) -> bool:
        """Whether the next wait is not to be one."""
        return bool(self._soon or self._when_idle)

    def soon(self, call: Call) -> None:
        """Make this call in the loop's thread, after the next return from the wait; may be called
        from any thread."""
        self._soon.append(call)
        if not self._interrupted:  # else the loop is on its way to the calls already
            self._interrupted = True
            self._interrupt()

    def when_idle(self, call: Call) -> None:
        """Make this call when no task is ready any more, or after IDLE_TICKS: so that work which
        is cheaper for many at once is done for all that are on their way (group commit)."""
        if not self._when_idle:
            self._ticks_left = IDLE_TICKS
        self._when_idle.append(call)

    def make(self, *, idle: bool) -> None:
        """Make the calls that are due; `idle`: no task is ready."""
        self._interrupted = False
        while self._soon:
            self._try(self._soon.popleft())
        if self._when_idle:
            self._ticks_left -= 1
            if idle or self._ticks_left <= 0:
                calls, self._when_idle = self._when_idle, []
                for call in calls:
                    self._try(call)

    def _try(self, call: Call) -> None:
        try:
            call()
        except Exception as error:
            self._report("a call into the loop broke", error)
