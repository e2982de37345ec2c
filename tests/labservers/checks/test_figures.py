"""Figures of a process, as the system gives them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labservers.checks import figures

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="proc(5) is Linux's")


def test_the_work_of_a_program_is_that_of_its_children_too() -> None:
    words = [sys.executable, "-c", "sum(range(10**6)); print(flush=True); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        assert child.pid in list(figures.family(os.getpid()))
        alone, both = figures.work(child.pid), figures.work(os.getpid())
    assert alone is not None
    assert both is not None
    assert both.used_s >= alone.used_s > 0


def test_nothing_is_known_of_a_process_that_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert figures.descriptors(child.pid) is None
    assert figures.threads(child.pid) is None
    assert figures.work(child.pid) is None


def test_a_program_in_which_a_thread_of_no_interest_is_at_work_is_not_asleep() -> None:
    """Another may sleep until that one lets go of a lock."""
    code = """
import hashlib, threading
work = lambda: hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
worker = threading.Thread(target=work, daemon=True)
worker.start()
print(worker.native_id, flush=True)
input()
"""
    words = [sys.executable, "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        worker = int(child.stdout.readline())
        assert child.pid in figures.tasks(child.pid) - {worker}
        assert not any(figures.asleep(child.pid, frozenset({worker})) for _ in range(100))
        child.kill()
