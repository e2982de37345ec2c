"""The programs that ran at the last end of the dashboard, started again where the user wants it.

`restore.json` is written with each start and end of a program, so it is true after any end, also
kill -9. Only the dashboard that serves writes it; a command that reads the folder does not.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from dashboard import json_text, whole_file
from dashboard.errors import LabError, UnknownServer
from dashboard.live.events import EventDict
from dashboard.supervision.lifecycle import State
from dashboard.troubles import Troubles

UP = frozenset({State.STARTING, State.RUNNING, State.FROZEN, State.BACKOFF})
TOGETHER_S = 2.0  # a system that shuts down ends the programs and the dashboard in any order
TRIES = 4
AGAIN_S = 1.0  # the port of a process that is ending


class Ran:
    """The names of the programs that run, and whether they are wanted again. The lock guards all.

    A file that cannot be used counts as empty; one that cannot be written is a trouble until it
    can.
    """

    def __init__(
        self,
        path: Path,
        wanted: bool,
        clock: Callable[[], float] = time.monotonic,
        troubles: Troubles | None = None,
    ) -> None:
        self._path, self._clock = path, clock
        self._troubles = troubles or Troubles()
        self._lock = threading.Lock()
        self._serves = False
        self._up: dict[str, None] = {}  # in the order of their starts
        self._left: dict[str, float] = {}  # that ended unasked, with the time
        self.wanted, self._before = self._read(wanted)

    def serve(self) -> list[str]:
        """This dashboard serves from now on; the names to start again. Once."""
        with self._lock:
            if self._serves:
                return []
            self._serves = True
            again = self._before if self.wanted else []
            self._up = dict.fromkeys([*again, *self._up])
            self._keep()
            return again

    def choose(self, wanted: bool) -> None:
        with self._lock:
            self.wanted = wanted
            if self._serves:
                self._write()

    def moved(self, name: str, state: State | None) -> None:
        """A program is in this state; None: it is there no more."""
        with self._lock:
            if state is None:
                self._left.pop(name, None)
            if state in UP and name not in self._up:
                self._up[name] = None
            elif state not in UP and name in self._up:
                del self._up[name]
                if state not in (State.STOPPING, None):
                    self._left[name] = self._clock()
            else:
                return
            self._keep()

    def end(self) -> None:
        """The dashboard ends: what it stops from now on ran until then. So did the programs that
        have just ended."""
        with self._lock:
            now = self._clock()
            just = [name for name, at in self._left.items() if now - at < TOGETHER_S]
            self._up = dict.fromkeys([*self._up, *just])
            self._keep()
            self._serves = False

    def _keep(self) -> None:
        if self._serves and self.wanted:
            self._write()

    def _write(self) -> None:
        kept = {"wanted": self.wanted, "ran": list(self._up)}
        with self._troubles.where_it_fails("restore"):
            whole_file.write(self._path, json.dumps(kept))

    def _read(self, wanted: bool) -> tuple[bool, list[str]]:
        try:
            kept = json_text.parse(self._path.read_bytes())
        except (OSError, ValueError):
            return wanted, []
        match kept:
            case {"wanted": bool(chosen), "ran": [*names]}:
                return chosen, [name for name in names if isinstance(name, str)]
        return wanted, []


class Programs(Protocol):
    """The abilities of a Supervisor that are needed here."""

    def start(self, name: str) -> bool: ...
    def view(self, name: str) -> dict[str, Any]: ...
    def wait_settled(self, name: str, timeout_s: float) -> bool: ...


def start_again(
    names: Iterable[str],
    programs: Programs,
    feed: Callable[..., None],
    gone: Callable[[str], object],
    timeout_s: float,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Start them; each whose port is still held by its last process, some times. A start that
    fails is told as any other; a program that cannot be started at all, as news. gone(name): there
    is no such program, so it is not asked for again."""
    for number in range(TRIES):
        if number:
            pause(AGAIN_S)
        names = [name for name in names if _starts(name, programs, feed, gone, news=not number)]
        names = [name for name in names if _finds_its_port_taken(name, programs, timeout_s)]
        if not names:
            return


def _starts(
    name: str,
    programs: Programs,
    feed: Callable[..., None],
    gone: Callable[[str], object],
    *,
    news: bool,
) -> bool:
    try:
        programs.start(name)
    except LabError as error:
        feed(None, "not_restored", name=name, message=error.message)
        if isinstance(error, UnknownServer):
            gone(name)
        return False
    if news:
        feed(name, "restored")
    return True


def _finds_its_port_taken(name: str, programs: Programs, timeout_s: float) -> bool:
    with contextlib.suppress(LabError):
        programs.wait_settled(name, timeout_s)
        failure = programs.view(name)["failure"]
        return failure is not None and failure["reason"] == "port_in_use"
    return False


def event(wanted: bool) -> EventDict:
    return {"kind": "restore", "name": "", "wanted": wanted}
