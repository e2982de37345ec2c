"""A browser that sleeps for an hour: what waits for it is bounded, and at waking it has the newest."""

import json
from typing import Any

from dashboard.live.broadcaster import (
    ORDERED_KEPT,
    STREAM_CHARACTERS,
    WINDOW,
    Broadcaster,
    Subscription,
)
from dashboard.recording.chronicle import Chronicle

HOUR_S = 3_600
PROGRAMS = ("hello", "chat", "subjects")


def wake(tab: Subscription) -> list[dict[str, Any]]:
    """All that comes once it acknowledges again."""
    tab.ack(WINDOW)
    messages = []
    while (message := tab.next(0)) is not None:
        messages.append(message)
    return messages


def test_an_hour_of_events_waits_within_bounds_and_ends_in_the_newest_state() -> None:
    broadcaster = Broadcaster(Chronicle(200, 60))
    tab = broadcaster.subscribe(["logs:chat"])
    for _ in range(WINDOW):  # the last that it has drawn
        assert tab.next(0)
        broadcaster.publish({"kind": "files", "name": "", "files": []})
    for second in range(HOUR_S):
        for name in PROGRAMS:
            figures = {"in_rate": second, "out_rate": 0.0}
            view = {"name": name, "title": name, "state": "RUNNING", "second": second}
            broadcaster.publish({"kind": "figures", "name": name, "figures": figures})
            broadcaster.publish({"kind": "server", "server": view})
        lines = [{"n": second, "text": "x" * 1_000}]
        broadcaster.publish({"kind": "logs", "name": "chat", "lines": lines, "skipped": 0})
    assert tab.next(0) is None
    (message,) = wake(tab)
    assert message["type"] == "snapshot"
    assert {view["second"] for view in message["servers"]} == {HOUR_S - 1}
    assert len(json.dumps(message)) < STREAM_CHARACTERS
    tab.close()


def test_a_quiet_hour_is_told_as_it_was() -> None:
    """Less than what overflows comes as a delta; lines that had to go are counted."""
    broadcaster = Broadcaster(Chronicle(200, 60))
    tab = broadcaster.subscribe(["logs:chat"])
    for _ in range(WINDOW):
        assert tab.next(0)
        broadcaster.publish({"kind": "files", "name": "", "files": []})
    for second in range(HOUR_S):
        lines = [{"n": second, "text": "x" * 1_000}]
        broadcaster.publish({"kind": "logs", "name": "chat", "lines": lines, "skipped": 0})
    broadcaster.publish({"kind": "feed", "entry": {"id": 1}})
    (message,) = wake(tab)
    assert message["type"] == "delta"
    (logs,) = [event for event in message["events"] if event["kind"] == "logs"]
    assert logs["skipped"] + len(logs["lines"]) == HOUR_S
    assert logs["lines"][-1]["n"] == HOUR_S - 1
    assert len(json.dumps(logs)) < 2 * STREAM_CHARACTERS
    assert [event for event in message["events"] if event["kind"] == "feed"]
    assert ORDERED_KEPT < HOUR_S
    tab.close()
