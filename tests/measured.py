"""Under `make coverage` a process that is killed does not say what it has run: it is asked to end
before that."""

import contextlib
import os
import signal
import subprocess
from typing import Any

MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ
MOMENT_S = 5.0


def let_end(process: subprocess.Popen[Any]) -> None:
    """Before a kill, where the tests are measured: ^C, and a moment to heed it."""
    if MEASURED and process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(MOMENT_S)
