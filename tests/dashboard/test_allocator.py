"""The C library's heaps: a dashboard has one, however many threads it has."""

import os
import platform
import re
import subprocess
import sys

import pytest

# Threads that are all alive and have allocated; then glibc's own list of its heaps.
HEAPS = """
import ctypes, sys, threading
from dashboard import create_app
if sys.argv[1] == "app":
    create_app()
all_here, done = threading.Barrier(6), threading.Event()
def allocate():
    kept = [b"x" * 2_000 for _ in range(100)]
    all_here.wait()
    done.wait()
threads = [threading.Thread(target=allocate) for _ in range(5)]
for thread in threads:
    thread.start()
all_here.wait()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
done.set()
"""


def heaps(tmp_path: object, of: str) -> int:
    run = subprocess.run(
        [sys.executable, "-c", HEAPS, of],
        env={**os.environ, "SOCKETLAB_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return len(re.findall("<heap nr=", run.stdout))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library is left as it is")
def test_a_dashboard_has_one_heap_for_all_its_threads(tmp_path: object) -> None:
    assert heaps(tmp_path, "app") == 1
