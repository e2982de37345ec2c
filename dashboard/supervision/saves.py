"""Notices that a program's file was saved, and starts it again where that is wanted."""

from collections.abc import Callable
from pathlib import Path

from dashboard.programs import files
from dashboard.programs.files import Stamp, stamp
from dashboard.supervision.lifecycle import State
from dashboard.supervision.managed import ManagedProgram

MOST_BYTES = 4 * 1024 * 1024
RESTARTED = frozenset({State.STARTING, State.RUNNING, State.FROZEN, State.FAILED})


class Saves:
    """One thread looks, about once a second. A file that differs from the look before is still
    being written. One that cannot be read as a program is complained of once.

    problem(python, source): why that Python cannot read it; empty when it can.
    """

    def __init__(self, problem: Callable[[str, bytes], str | None]) -> None:
        self._problem = problem
        self._before: dict[str, Stamp] = {}
        self._refused: dict[str, Stamp] = {}

    def look(self, server: ManagedProgram) -> None:
        path, name = server.program.own, server.program.name
        now = stamp(path) if path else None
        if path is None or now is None:
            return
        steady, self._before[name] = self._before.get(name) == now, now
        wanted = server.settings.restart_on_save and server.state in RESTARTED
        if server.saved(now) and steady and wanted and self._refused.get(name) != now:
            self._start_again(server, path, now)

    def _start_again(self, server: ManagedProgram, path: Path, now: Stamp) -> None:
        problem = self._reads(server.settings.python, path)
        if problem == "":
            server.restart()
            return
        self._refused[server.program.name] = now
        why = problem or "it cannot be read"
        kept = "the one before runs on" if server.alive else "it is not started"
        server.note("syntax", f"{server.program.title} was saved with an error, so {kept}: {why}")

    def _reads(self, python: str, path: Path) -> str | None:
        try:
            source = files.read(path, MOST_BYTES)
        except OSError as error:
            return error.strerror
        return self._problem(python, source)
