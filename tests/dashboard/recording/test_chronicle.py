"""The state for a browser that comes late: as of now, however the wall clock was set."""

from typing import Any

import pytest

from dashboard.recording.chronicle import Chronicle


class Clocks:
    def __init__(self) -> None:
        self.now, self.wall = 100.0, 5_000.0

    def chronicle(self) -> Chronicle:
        return Chronicle(10, 60, clock=lambda: self.now, wall=lambda: self.wall)


def server(**view: Any) -> dict[str, Any]:
    return {"kind": "server", "server": {"name": "chat", **view}}


@pytest.mark.parametrize("jump_s", [0, -3600, 3600])
def test_an_uptime_goes_on_by_the_monotonic_clock(jump_s: float) -> None:
    clocks = Clocks()
    chronicle = clocks.chronicle()
    chronicle.record(server(uptime_s=2.0, started_at=4_998.0))
    clocks.now += 10
    clocks.wall += 10 + jump_s
    whole = chronicle.snapshot()
    view = whole["servers"][0]
    assert view["uptime_s"] == 12.0
    assert whole["now"] - view["started_at"] == 12.0


def test_what_does_not_run_has_no_uptime() -> None:
    chronicle = Clocks().chronicle()
    chronicle.record(server(uptime_s=None, started_at=None))
    assert chronicle.snapshot()["servers"] == [
        {"name": "chat", "uptime_s": None, "started_at": None}
    ]


def test_newest_figures_and_views_are_kept_and_the_feed_is_bounded() -> None:
    chronicle = Clocks().chronicle()
    chronicle.record(server(state="STARTING"))
    figures = {"in_rate": 3.0, "out_rate": 4.0}
    chronicle.record({"kind": "figures", "name": "chat", "figures": figures})
    for number in range(12):
        chronicle.record({"kind": "feed", "entry": {"id": number}})
    whole = chronicle.snapshot()
    assert whole["servers"] == [{"name": "chat", "state": "STARTING", "figures": figures}]
    assert [entry["id"] for entry in whole["feed"]] == list(range(2, 12))
    assert whole["history"]["chat"]["in"][-1] == 3.0
