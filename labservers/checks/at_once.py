"""Several programs checked at once: each by a process of its own, in a network of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from labservers.checks.context import Cancelled
from labservers.checks.folders import Folder
from labservers.checks.texts import Language
from labservers.checks.verdicts import broken, in_language

LOOK_S = 0.2

Json = dict[str, Any]


class AtOnce:
    """words: options of the command line that all of them get."""

    def __init__(self, words: Sequence[str], language: Language, cancelled: Callable[[], bool]):
        self._words = words
        self._language = language
        self._cancelled = cancelled

    def reports(self, files: Sequence[tuple[str, Path]], jobs: int) -> Iterator[Json]:
        """A report for each, in order, `jobs` of them under way at a time.

        Raises:
            Cancelled: those under way have ended.
        """
        with Folder() as folder:
            with ThreadPoolExecutor(jobs) as pool:
                places = [folder / f"{number}.json" for number in range(len(files))]
                names, paths = zip(*files, strict=True)
                yield from pool.map(self._report, names, paths, places)

    def _report(self, name: str, file: Path, place: Path) -> Json:
        if self._cancelled():
            raise Cancelled
        said = self._run(file, place)
        if self._cancelled():
            raise Cancelled
        try:
            report: Json = json.loads(place.read_bytes())[self._language]
        except (OSError, ValueError, KeyError):
            report = in_language(broken(self._language, said), self._language)
        return {**report, "program": name}

    def _run(self, file: Path, place: Path) -> str:
        """Until it ends; what it said last. It ends with us: the channel does."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            own = ("--alone", "--both", str(place), "--channel", str(theirs.fileno()))
            command = [sys.executable, "-m", "labservers", "check", *self._words, *own, "--"]
            with subprocess.Popen(
                [*command, str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                text=True,
                errors="replace",
            ) as process:
                theirs.close()
                return self._wait(process)

    def _wait(self, process: subprocess.Popen[str]) -> str:
        while True:
            try:
                _, said = process.communicate(timeout=LOOK_S)
            except subprocess.TimeoutExpired:
                if self._cancelled():
                    process.terminate()
                continue
            return (said.strip("\n").splitlines() or [""])[-1]
