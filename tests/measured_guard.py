"""The guard of a program under `make coverage`: `measured_guard.py GUARD LINE PROGRAM ...`.

It ends by the signal that has ended its program. Such an end keeps nothing of what was measured,
which is kept before it.
"""

import os
import runpy
import sys

import coverage

kill = os.kill


def keep_and_kill(pid: int, number: int) -> None:
    measuring = coverage.Coverage.current()
    if pid == os.getpid() and measuring is not None:
        measuring.stop()
        measuring.save()
    kill(pid, number)


os.kill = keep_and_kill
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
