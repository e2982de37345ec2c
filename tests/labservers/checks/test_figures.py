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
