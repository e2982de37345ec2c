"""The newest report of each program, kept in the data folder."""

import contextlib
import json
import threading
from pathlib import Path
from typing import Any, NamedTuple

from dashboard import json_text, whole_file
from dashboard.programs.files import Stamp
from dashboard.troubles import Troubles
from labservers.checks import report_html, report_junit
from labservers.checks.texts import LANGUAGES

BYTES = 8 * 1024 * 1024

Json = dict[str, Any]


class Report(NamedTuple):
    """What a check has found. at: seconds since the epoch. reports: by language, as
    labservers/checks/report_json.py makes them. asked: what the check was to do. file: as it was
    on disk, None where a running program was checked."""

    at: float
    reports: dict[str, Json]
    asked: Json
    file: Stamp | None


class Kept:
    """Reports by the program's name. The lock guards the table, and is held for no look at the
    disk: tabs are told of reports under a lock that troubles need. A file that cannot be used
    counts as none. One that cannot be written costs the memory alone, and is a trouble until one
    can."""

    def __init__(self, folder: Path, troubles: Troubles | None = None) -> None:
        self._folder = folder
        self._troubles = troubles or Troubles()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._reports: dict[str, Report | None] = {}

    def get(self, name: str) -> Report | None:
        with self._lock:
            if name in self._reports:
                return self._reports[name]
        found = _read(self._path(name))
        with self._lock:
            return self._reports.setdefault(name, found)

    def put(self, name: str, report: Report) -> None:
        with self._lock:
            self._reports[name] = report
        with self._writing, self._troubles.where_it_fails("reports"):
            newest = self.get(name)
            if newest is not None:
                whole_file.write(self._path(name), json.dumps(newest._asdict()))

    def forget(self, name: str) -> None:
        with self._lock:
            self._reports[name] = None
        with self._writing, contextlib.suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def all(self) -> dict[str, Report]:
        """Those of this life of the dashboard, the newest first."""
        with self._lock:
            known = [(name, report) for name, report in self._reports.items() if report]
        return dict(sorted(known, key=lambda item: -item[1].at))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _read(path: Path) -> Report | None:
    try:
        with path.open("rb") as file:
            found = json_text.parse(file.read(BYTES))
        stamp = Stamp(*found["file"]) if found["file"] else None
        report = Report(float(found["at"]), found["reports"], dict(found["asked"]), stamp)
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return None
    return report if _can_be_shown(report.reports) else None


def _can_be_shown(reports: Any) -> bool:
    """Whether they are whole, and of this version: all that is shown of one is made once."""
    try:
        return all(_is_shown(reports[language]) for language in LANGUAGES)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False


def _is_shown(report: Any) -> bool:
    found = [finding["id"] for finding in report["findings"]]
    pages = report_html.page([report]), report_junit.junit([report])
    return all(pages) and all(isinstance(id, str) for id in found)
