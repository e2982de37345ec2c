"""The process of a checked program, where the system refuses a part of it."""

import sys
from pathlib import Path

import psutil
import pytest

from labservers.checks import remains
from labservers.checks.process import Process
from tests.conftest import wait_until
from tests.scarcity import few_threads, with_just_enough_descriptors


def process_of(folder: Path) -> Process:
    file = folder / "server.py"
    file.write_text("input()")
    return Process(sys.executable, file, (), folder, str(folder / "cache"), lambda line: None)


def test_one_for_which_there_are_too_few_descriptors_leaves_none(tmp_path: Path) -> None:
    process = with_just_enough_descriptors(lambda: process_of(tmp_path))
    process.end()


@pytest.mark.parametrize("granted", [0, 1])
def test_one_that_no_thread_can_read_is_not_left_behind(tmp_path: Path, granted: int) -> None:
    before, others = psutil.Process().num_fds(), set(psutil.Process().children())
    with few_threads(granted), pytest.raises(OSError, match="can't start new thread"):
        process_of(tmp_path)
    assert set(psutil.Process().children()) <= others
    wait_until(lambda: psutil.Process().num_fds() <= before, "no descriptor is left")
    assert not any("Process._kill" in repr(undo) for undo in vars(remains)["_undos"])
