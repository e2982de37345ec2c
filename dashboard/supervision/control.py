"""The controller of a held program: one at a time, by name, as long as a tab of it is open."""

from collections.abc import Callable

from dashboard.errors import NotNow
from labservers.observe import messages

GRACE_S = 2.0  # a page that is loaded anew is away for a moment
# Not held in any way; breakpoints go first, so that none stops it again.
FREELY = (messages.Break([], [], [], False), messages.Slow(0.0), messages.Resume())


class Control:
    """The controller of one program; its owner holds a lock. by: None where nobody holds it."""

    def __init__(self) -> None:
        self.by: str | None = None
        self._tabs: set[str] = set()
        self._away_since: float | None = None
        self._active = False

    def take(self, name: str, tab: str = "", *, over: bool = False) -> None:
        """This controller holds the program from now on; one without a name may only ask.

        tab: the one that asks, empty for none. over: also where another one holds it.

        Raises:
            NotNow: another one holds it.
        """
        if self.by not in (None, name) and not over:
            raise NotNow(f"{self.by} holds the program", "take over, or wait for its end")
        if not name:
            return
        if self.by != name:
            self._tabs.clear()
        self.by = name
        self._away_since = None
        if tab:
            self._tabs.add(tab)

    def heard(self, held: messages.Held) -> None:
        """The program's own word on its stepper: where it is not held any more, nobody holds it."""
        marks = held.breakpoints
        watched = marks.lines or marks.calls or marks.clients or marks.exceptions
        active = bool(held.paused or held.delay_s or watched)
        if self._active and not active:
            self.end()
        self._active = active

    def abandoned(self, now: float, is_open: Callable[[str], bool]) -> bool:
        """Whether all tabs of the controller have been closed for GRACE_S seconds."""
        if not self._tabs or any(is_open(tab) for tab in self._tabs):
            self._away_since = None
            return False
        if self._away_since is None:
            self._away_since = now
        return now - self._away_since >= GRACE_S

    def end(self) -> None:
        """Nobody holds the program any more."""
        self.by = self._away_since = None
        self._tabs.clear()
        self._active = False
