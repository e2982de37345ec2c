"""Temporary folders of a check: removed with it, or by the next one where it was killed."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from labservers.checks.folders import PREFIX, Folder, sweep

HOLDS = """
from labservers.checks.folders import Folder
folder = Folder()
(folder.path / "inner").mkdir()
print(folder.path, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_a_folder_is_there_until_it_is_removed() -> None:
    with Folder() as path:
        (path / "file").write_text("a")
        assert path.name.startswith(PREFIX)
    assert not path.exists()


def test_folders_of_living_checks_are_left_alone_and_those_of_killed_ones_are_removed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as other:  # fmt: skip
        assert other.stdout
        path = Path(other.stdout.readline().strip())
        with Folder() as own:
            sweep()
            assert own.exists()
        assert (path / "inner").exists()
        other.send_signal(signal.SIGKILL)
        other.wait()
        sweep()
        assert not path.exists()


def test_what_is_not_a_folder_of_a_check_is_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "grades"
    elsewhere.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    (tmp_path / f"{PREFIX}file").write_text("a")
    (tmp_path / "check-of-another").mkdir()
    before = sorted(tmp_path.iterdir())
    sweep()
    assert sorted(tmp_path.iterdir()) == before
