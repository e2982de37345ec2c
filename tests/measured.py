"""Under `make coverage` a process that is killed does not say what it has run: it is asked to end
before that. Nor does another Python say it, where coverage is not installed: this one runs the
same."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ
MOMENT_S = 5.0
ENDS = Path(__file__).resolve().parent / "measured_ends"


def let_end(process: subprocess.Popen[Any]) -> None:
    """Before a kill, where the tests are measured: ^C, and a moment to heed it."""
    if MEASURED and process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(MOMENT_S)


def and_this(*minors: int) -> list[int]:
    """Minor versions of Python by which to run a program: the measured one as well."""
    here = sys.version_info.minor
    return [*minors, *([here] if MEASURED and here not in minors else [])]


def environment() -> dict[str, str]:
    """Of a process that may end itself by a signal: where it is measured, it says before that
    what it has run."""
    found = dict(os.environ)
    if MEASURED:
        found["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ENDS), found.get("PYTHONPATH")]))
    return found
