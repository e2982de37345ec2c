"""The C library's heaps: a dashboard has one, however many threads it has, and gives back of it."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

# Threads that are all alive and have allocated; glibc's own list of its heaps; the resident pages
# of a heap with much that is free below something that is not, before and after.
PROGRAM = """
import ctypes, threading
from dashboard import allocator, create_app
create_app()
library = ctypes.CDLL(None)
all_here, done = threading.Barrier(6), threading.Event()
def allocate():
    kept = [b"x" * number for number in range(2_000, 2_100)]
    all_here.wait()
    done.wait()
threads = [threading.Thread(target=allocate) for _ in range(5)]
for thread in threads:
    thread.start()
all_here.wait()
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
done.set()
def pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])
blocks = [b"x" * number for number in range(600, 8_600)]
del blocks[:-1]
before = pages()
allocator.give_back()
print("given back:", before - pages(), flush=True)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library is left as it is")
def test_a_dashboard_has_one_heap_for_all_its_threads_and_gives_back_of_it(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "SOCKETLAB_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert len(re.findall("<heap nr=", run.stdout)) == 1
    [pages] = re.findall(r"given back: (-?\d+)", run.stdout)
    assert int(pages) * os.sysconf("SC_PAGESIZE") > 20_000_000
