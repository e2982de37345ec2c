"""The other dashboard on a data folder, looked at once a second."""

from pathlib import Path

from dashboard.holder import Holder
from dashboard.instance import Instance
from dashboard.live.events import EventDict


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_its_end_and_its_successor_are_told_to_every_tab(tmp_path: Path) -> None:
    told: list[EventDict] = []
    clock = Clock()
    first = Instance(tmp_path)
    first.take()
    first.say("http://127.0.0.1:5000", "t")
    holder = Holder(tmp_path, told.append, clock)
    assert holder.view["served"]
    assert holder.view["address"] == "http://127.0.0.1:5000"
    first.release()
    holder.look()  # too soon
    assert told == []
    clock.now = 1.0
    holder.look()
    free = {"address": "", "pid": None, "since": None, "served": False}
    assert told == [{"kind": "holder", "name": "", "holder": free}]
    second = Instance(tmp_path)
    second.take()
    second.say("http://127.0.0.1:5050", "t")
    for clock.now in (2.0, 3.0):
        holder.look()
    assert [event["holder"]["address"] for event in told[1:]] == ["http://127.0.0.1:5050"]
    second.release()
