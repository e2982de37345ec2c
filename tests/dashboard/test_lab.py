"""What the application rests on, with a clock of the test's own."""

from pathlib import Path

from dashboard.config import Config
from dashboard.lab import Lab
from dashboard.programs.catalogue import catalogue


def test_the_uptime_is_by_the_clock_that_is_never_set(tmp_path: Path) -> None:
    times = iter([100.0, 103.5])
    lab = Lab(Config(data_dir=str(tmp_path)), catalogue(), clock=lambda: next(times))
    assert lab.uptime_s() == 3.5
