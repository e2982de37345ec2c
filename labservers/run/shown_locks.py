"""Locks of a lab server, traced while somebody looks at its threads, and the real ones else."""

from typing import Any, NamedTuple

from labservers.observe.locks import Locks, Traced
from labservers.run.server import LabServer


class Shown(NamedTuple):
    """The attribute of `owner` that is `traced` now, and is `real` else."""

    owner: Any
    attribute: str
    real: object
    traced: Traced


class ShownLocks:
    """A traced lock takes and releases the real one. So a thread that holds either may do so
    while they change places."""

    def __init__(self, server: LabServer, locks: Locks) -> None:
        self._server = server
        self._locks = locks
        self._shown: dict[int, Shown] = {}  # by id(owner), which each keeps

    def look(self) -> None:
        """Trace the locks that the server has now; forget those of owners that have gone."""
        before, self._shown = self._shown, {}
        for kind, owner, attribute in self._server.shown_locks():
            key = id(owner)
            self._shown[key] = before.get(key) or self._trace(kind, owner, attribute)

    def remove(self) -> None:
        """All is as it was."""
        for owner, attribute, real, _ in self._shown.values():
            setattr(owner, attribute, real)
        self._shown.clear()

    def _trace(self, kind: str, owner: Any, attribute: str) -> Shown:
        real = getattr(owner, attribute)
        code = type(owner).__init__.__code__
        line = f"{self._locks.own.name(code.co_filename)}:{code.co_firstlineno}"
        traced = Traced(self._locks, real, kind, line)
        setattr(owner, attribute, traced)
        return Shown(owner, attribute, real, traced)
