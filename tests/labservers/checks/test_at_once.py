"""Reports of programs that are checked at the same time, when a check breaks or is cancelled."""

import threading
from pathlib import Path

import pytest

from labservers.checks.at_once import AtOnce
from labservers.checks.context import Cancelled

WORDS = ("--lang=en", "--only=answers")
SERVER = "import socket\nsocket.create_server(('127.0.0.1', 0)).accept()\n"


def test_a_check_that_breaks_has_a_report_that_says_so(tmp_path: Path) -> None:
    """The others are checked nevertheless."""
    reports = AtOnce(("--lang=en", "--only=none"), "en", lambda: False)
    (report,) = reports.reports([("a.py", tmp_path / "a.py")], 1)
    assert (report["program"], report["verdict"]) == ("a.py", "cannot run")
    assert "there is no probe 'none'" in report["reason"]


@pytest.mark.parametrize("looks", [1, 2])
def test_a_cancel_ends_those_that_are_under_way_and_begins_no_other(
    looks: int, tmp_path: Path
) -> None:
    asked: list[str] = []
    lock = threading.Lock()

    def cancelled() -> bool:
        with lock:
            asked.append("")
            return len(asked) >= looks

    file = tmp_path / "a.py"
    file.write_text(SERVER)
    with pytest.raises(Cancelled):
        list(AtOnce(WORDS, "en", cancelled).reports([("a.py", file)], 1))
    assert len(asked) >= looks
