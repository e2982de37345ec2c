"""A clock that is set, a machine that has slept: noticed once, and told to every page."""

from pathlib import Path

import pytest

from dashboard import create_app
from dashboard.supervision.set_clock import SetClock


class Clocks:
    now, wall = 100.0, 5_000.0

    def set_clock(self) -> SetClock:
        return SetClock(lambda: self.now, lambda: self.wall)


@pytest.mark.parametrize("by_s", [-86_400.0, -1.0, 1.5, 3_600.0])
def test_a_set_clock_is_noticed_once(by_s: float) -> None:
    clocks = Clocks()
    clock = clocks.set_clock()
    clocks.now += 30
    clocks.wall += 30 + by_s
    assert clock.look() == by_s
    clocks.now += 30
    clocks.wall += 30
    assert clock.look() == 0.0


def test_a_clock_that_is_slewed_is_not_set() -> None:
    clocks = Clocks()
    clock = clocks.set_clock()
    for _ in range(10_000):
        clocks.now += 0.1
        clocks.wall += 0.1005
        assert clock.look() == 0.0


def test_pages_begin_anew_and_the_feed_says_why(tmp_path: Path) -> None:
    lab = create_app({"data_dir": str(tmp_path)}).extensions["lab"]
    tab = lab.broadcaster.subscribe()
    assert tab.next(1)["type"] == "snapshot"
    lab.clock_was_set(-3_600.0)
    again = tab.next(1)
    assert (again["type"], again["feed"][-1]["code"]) == ("snapshot", "clock_set")
    assert again["feed"][-1]["args"] == {"kind": "back", "set_us": 3_600_000_000}
    tab.close()
    lab.close()
