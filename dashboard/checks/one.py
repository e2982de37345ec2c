"""One check: the listener of its process."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.checks.ask import Ask
from dashboard.programs.files import Stamp
from dashboard.supervision.run import Process
from labservers.checks.texts import LANGUAGES, text
from labservers.observe import messages
from labservers.observe.text import printable

LOG = logging.getLogger(__name__)
ERROR_CHARACTERS = 500
INTERRUPTED = 130  # its exit code after a cancel


class Check:
    """again: the probe that is shown once more; None: the whole check. reported: it has left a
    report. shown: it has shown what it was asked to. file: the checked file, as it was on disk at
    the start."""

    process: Process
    file: Stamp | None = None
    ended_at: float | None = None
    cancelled = False
    cancelled_at = 0.0  # of time.monotonic()
    reported = False
    shown = False

    def __init__(self, program: str, ask: Ask, again: str | None = None) -> None:
        self.program, self.ask, self.again = program, ask, again
        self.heard: Callable[..., None] = lambda check, *, ended: None
        self._began_at = time.time()
        self._progress: dict[str, Any] | None = None
        self._error = ""
        self._code: int | None = None

    @property
    def under_way(self) -> bool:
        return self.ended_at is None

    @property
    def state(self) -> str:
        """running, done, cancelled, or broke."""
        if self.under_way:
            return "running"
        if self.cancelled or self._code == INTERRUPTED:
            return "cancelled"
        return "done" if self.reported or self.shown else "broke"

    def view(self) -> dict[str, Any]:
        """As the page shows it; times in seconds since the epoch."""
        return {
            "state": self.state,
            "again": self.again,
            "progress": self._progress if self.under_way else None,
            "began_at": self._began_at,
            "ended_at": self.ended_at,
            "error": self._why() if self.state == "broke" else "",
            "asked": self.ask._asdict(),
        }

    def _why(self) -> str:
        return self._error or f"its process ended with exit code {self._code}"

    def report_path(self, folder: Path) -> Path:
        return folder / f"{self.program}.made"

    def talk_path(self, folder: Path) -> Path:
        """The conversation to hold."""
        return folder / f"{self.program}.talk"

    def on_print(self, line: str) -> None:
        line_said = json.loads(line)
        if self.again and (verdict := line_said.get("verdict")):
            self.shown = verdict["verdict"] != "cannot run"
            self._error = verdict["reason"] or self._error
        if said := line_said.get("progress"):
            titles = {language: text(language, f"probe.{said['probe']}") for language in LANGUAGES}
            self._progress = {**said, "title": titles}
            self.heard(self, ended=False)

    def on_exit(self, returncode: int) -> None:
        self._code = returncode
        self.heard(self, ended=True)

    def on_log(self, line: str) -> None:
        LOG.warning("check of %s: %s", self.program, printable(line))
        self._error = line[-ERROR_CHARACTERS:]

    def on_message(self, message: messages.Message) -> None:
        """Its channel carries none."""

    def on_output(self, data: bytes) -> None:
        """It has not a terminal."""
