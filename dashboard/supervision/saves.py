"""Notices that a file of a program was saved, and starts it again where that is wanted."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from dashboard.programs import files
from dashboard.programs.files import Stamp, in_place, shown, stamp
from dashboard.supervision.lifecycle import State
from dashboard.supervision.managed import ManagedProgram

MOST_BYTES = 4 * 1024 * 1024
RESTARTED = frozenset({State.STARTING, State.RUNNING, State.FROZEN, State.FAILED})


class Saves:
    """One thread looks, about once a second, at all files of its own that a program has loaded. A
    file that differs from the look before is still being written. One that cannot be read as a
    program is complained of once; where that is not known, as the machine may be busy or the file
    be locked, it is asked again at each look.

    problem(python, source): why that Python cannot read it; empty when it can, None when it does
    not say.
    """

    def __init__(self, problem: Callable[[str, bytes], str | None]) -> None:
        self._problem = problem
        self._before: dict[str, dict[Path, Stamp]] = {}
        self._decided: dict[str, dict[Path, Stamp]] = {}
        self._doubted: dict[str, dict[Path, Stamp]] = {}

    def look(self, server: ManagedProgram) -> None:
        path, name = server.program.own, server.program.name
        if path is None or stamp(path) is None or not in_place(path):
            return
        files = ((one, stamp(one)) for one in (server.own_files() or [path]))
        now = {one: found for one, found in files if found is not None}
        steady, self._before[name] = self._before.get(name) == now, now
        wanted = server.settings.restart_on_save and server.state in RESTARTED
        changed = server.saved(now)
        if changed and steady and wanted and self._decided.get(name) != now:
            self._start_again(server, changed, now)

    def _start_again(
        self, server: ManagedProgram, changed: list[Path], now: dict[Path, Stamp]
    ) -> None:
        name = server.program.name
        for path in changed:
            try:
                problem = self._reads(server.settings.python, path)
            except OSError as error:
                if self._doubted.get(name) != now:
                    self._doubted[name] = now
                    server.note("unread", f"{shown(path.name)}: {error.strerror}")
                return
            if problem:
                self._decided[name] = now
                server.note("syntax", f"{shown(path.name)}: {problem}")
                return
        self._decided[name] = now
        server.restart(RESTARTED)  # it may have been stopped meanwhile

    def _reads(self, python: str, path: Path) -> str:
        """Why that Python cannot read it; empty when it can.

        Raises:
            OSError: this is not known now.
        """
        source = files.read(Path(os.path.realpath(path)), MOST_BYTES)  # imports may use links
        problem = self._problem(python, source)
        if problem is None:
            raise TimeoutError(errno.ETIMEDOUT, "its Python does not answer")
        return problem
