"""`python mortal.py WORD ...` is `python WORD ...` that ends with the process which started it.

A run of tests that is killed ends no fixture: its dashboards would stay, and their servers.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ
ENDS = str(Path(__file__).resolve().parent / "measured_ends")
PR_SET_PDEATHSIG = 1  # prctl(2); it outlives execve(2)

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if MEASURED:
        found = os.environ.get("PYTHONPATH", "")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ENDS, found]))
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
