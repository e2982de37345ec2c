"""The Pythons of this machine that can run and observe a program."""

import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dashboard.errors import BadInput
from dashboard.numbers import shown
from dashboard.programs.files import is_path

OLDEST = (3, 9)
NAME = re.compile(r"python3(\.[0-9]{1,2})?")
SAYS = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)"
PROBLEM = """
import sys
try:
    compile(sys.stdin.buffer.read(), "program", "exec", dont_inherit=True)
except SyntaxError as error:
    print(f"{error.msg} (line {error.lineno})")
except (ValueError, RecursionError, MemoryError) as error:
    print(type(error).__name__)
"""
ASK_S = 5.0
READ_S = 10.0
EVERY_S = 60.0
MOST = 40

# Runs words with bytes on standard input for some seconds: their output, None if they fail.
Ask = Callable[[Sequence[str], bytes, float], str | None]


class Python(NamedTuple):
    path: str
    version: str

    @property
    def number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))


class Pythons:
    """Found on PATH, among pyenv's, and where they were named. Each is asked once for its version.

    The lock guards the table.
    """

    def __init__(
        self,
        ask: Ask,
        named: Callable[[], Iterable[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._named = named
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, Python | None] = {}
        self._silent: set[str] = set()  # that were asked once
        self._found: list[Python] = []
        self._looked_at = -EVERY_S

    def found(self) -> list[Python]:
        """The newest first. Looks and asks, so it may take a second."""
        with self._lock:
            if self._clock() - self._looked_at >= EVERY_S:
                self._looked_at = self._clock()
                paths = list(dict.fromkeys([*self._named(), *candidates()]))[:MOST]
                pythons = {p.path: p for p in map(self._asked, paths) if p is not None}
                self._found = sorted(pythons.values(), key=lambda p: p.number, reverse=True)
            return self._found

    def usual(self) -> str:
        """The path of the one that `python3` is in a shell, or the dashboard's own."""
        path = shutil.which("python3")
        with self._lock:
            usual = self._asked(path) if path else None
        if usual is None:
            return sys.executable
        same = (other for other in candidates() if _identity(other) == _identity(usual.path))
        return next(same, usual.path)

    def resolved(self, path: Any) -> str:
        """The path of the Python that a path leads to.

        Raises:
            BadInput: it is not one of those that were found.
        """
        for anew in (False, True):
            if anew:
                with self._lock:
                    self._looked_at = -EVERY_S
            if path in [python.path for python in self.found()]:
                return str(path)
        known = self._known.get(path) if isinstance(path, str) else None
        if known is None:
            raise BadInput(
                f"python: {shown(path)} was not found", "see pythons in GET /api/programs"
            )
        return known.path

    def version(self, path: str) -> str | None:
        """As found earlier; nothing is asked."""
        return next((python.version for python in self._found if python.path == path), None)

    def that_reads(self, source: bytes, but: str) -> Python | None:
        """The newest other one for which this is a program without a syntax error; as far as that
        is found in time, since the end of a program is not told before."""
        late_at = self._clock() + READ_S
        for python in self.found():
            if self._clock() >= late_at:
                break
            if python.path != but and self.problem(python.path, source) == "":
                return python
        return None

    def problem(self, path: str, source: bytes) -> str | None:
        """Why a Python cannot read a program, in a few words; empty when it can, None when it
        does not say."""
        said = self._ask([path, "-I", "-S", "-W", "ignore", "-c", PROBLEM], source, ASK_S)
        return None if said is None else said.strip("\n")

    def _asked(self, path: str) -> Python | None:
        """One that does not answer, as the machine may be busy, is asked once more."""
        if path not in self._known:
            said = self._ask([path, "-I", "-S", "-c", SAYS], b"", ASK_S)
            if said is None and path not in self._silent:
                self._silent.add(path)
                return None
            self._known[path] = read(said)
        return self._known[path]


def read(said: str | None) -> Python | None:
    """The answer to SAYS; None where it is not one, or too old."""
    lines = (said or "").splitlines()
    if len(lines) != 2 or not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", lines[0]):
        return None
    python = Python(path=lines[1], version=lines[0])
    return python if is_path(python.path) and python.number >= OLDEST else None


def candidates() -> Iterator[str]:
    """Paths that lead to Pythons, one for each; the dashboard's own is the first.

    A script on PATH, as pyenv's shims are, leads to one that stands elsewhere.
    """
    seen: set[tuple[str, str]] = set()
    for path in (sys.executable, *_on_path(), *_of_pyenv()):
        if _identity(path) not in seen and not _is_script(path):
            seen.add(_identity(path))
            yield path


def _identity(path: str) -> tuple[str, str]:
    """The interpreter, and the virtual environment that it runs in by this path."""
    folder = os.path.dirname(os.path.dirname(path))
    environment = folder if os.path.exists(os.path.join(folder, "pyvenv.cfg")) else ""
    return os.path.realpath(path), environment


def _on_path() -> Iterator[str]:
    for folder in filter(os.path.isabs, os.get_exec_path()):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        yield from (os.path.join(folder, name) for name in names if NAME.fullmatch(name))


def _of_pyenv() -> Iterator[str]:
    root = os.environ.get("PYENV_ROOT")
    versions = (Path(root) if root else Path.home() / ".pyenv") / "versions"
    yield from (str(path) for path in sorted(versions.glob("*/bin/python")))


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True
