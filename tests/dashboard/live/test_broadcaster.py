"""One outbox a tab: snapshot, numbered deltas, latest wins, nobody is waited for."""

import threading
from typing import Any

import pytest

from dashboard.live.broadcaster import (
    ORDERED_KEPT,
    STREAM_KEPT,
    WINDOW,
    Broadcaster,
    Subscription,
)
from dashboard.live.events import KINDS, Delivery, Kind
from dashboard.recording.chronicle import Chronicle


def make() -> Broadcaster:
    return Broadcaster(Chronicle(10, 60, wall=lambda: 5.0))


def server(name: str, state: str) -> dict[str, Any]:
    return {"kind": "server", "server": {"name": name, "state": state}}


def figures(name: str, rate: float) -> dict[str, Any]:
    return {"kind": "figures", "name": name, "figures": {"in_rate": rate, "out_rate": 0.0}}


def begun(broadcaster: Broadcaster, *topics: str) -> Subscription:
    subscription = broadcaster.subscribe(topics)
    first = subscription.next(1)
    assert first is not None
    assert (first["type"], first["seq"]) == ("snapshot", 1)
    return subscription


def events(subscription: Subscription) -> list[dict[str, Any]]:
    message = subscription.next(0)
    return [] if message is None else list(message["events"])


def test_a_snapshot_holds_what_was_and_deltas_what_comes() -> None:
    broadcaster = make()
    broadcaster.publish(server("chat", "STARTING"))
    subscription = broadcaster.subscribe()
    broadcaster.publish(server("chat", "RUNNING"))
    first = subscription.next(1)
    assert first is not None
    assert first["servers"] == [{"name": "chat", "state": "RUNNING"}]
    assert first["now"] == 5.0
    broadcaster.publish(server("chat", "STOPPED"))
    second = subscription.next(1)
    assert second is not None
    assert (second["seq"], second["events"]) == (2, [server("chat", "STOPPED")])
    assert subscription.next(0) is None


def test_figures_are_latest_wins_and_events_are_all_kept() -> None:
    broadcaster = make()
    subscription = begun(broadcaster)
    for number in range(3):
        broadcaster.publish(figures("chat", number))
        broadcaster.publish(server("chat", str(number)))
    got = events(subscription)
    assert [e["server"]["state"] for e in got if e["kind"] == "server"] == ["0", "1", "2"]
    assert [e["figures"]["in_rate"] for e in got if e["kind"] == "figures"] == [2]


def test_only_wanted_topics_come() -> None:
    broadcaster = make()
    broadcaster.beginning = lambda topic: [
        {"kind": "logs", "name": "chat", "lines": [topic], "skipped": 0}
    ]
    subscription = begun(broadcaster)
    loop = {"kind": "loop", "name": "subjects", "frame": {}}
    rows = {"kind": "rows", "name": "chat", "rows": {}}
    broadcaster.publish(loop)
    broadcaster.publish(rows)
    assert events(subscription) == []
    subscription.topics({"rows:chat", "logs:chat"})
    assert broadcaster.wanted() == {"rows:chat", "logs:chat"}
    broadcaster.publish(loop)
    broadcaster.publish(rows)
    assert [e["kind"] for e in events(subscription)] == ["logs", "rows"]
    subscription.close()
    assert broadcaster.wanted() == set()


def test_a_tab_that_does_not_acknowledge_gets_no_more_until_it_does() -> None:
    broadcaster = make()
    subscription = begun(broadcaster)
    sent = 0
    for number in range(50):
        broadcaster.publish(figures("chat", number))
        sent += subscription.next(0) is not None
    assert sent == WINDOW - 1  # the snapshot is one of them
    subscription.ack(WINDOW)
    assert [e["figures"]["in_rate"] for e in events(subscription)] == [49]


def test_a_tab_that_falls_far_behind_begins_anew() -> None:
    broadcaster = make()
    subscription = begun(broadcaster)
    for number in range(ORDERED_KEPT + 1):
        broadcaster.publish(server("chat", str(number)))
    message = subscription.next(1)
    assert message is not None
    assert message["type"] == "snapshot"


def test_a_closed_subscription_ends_its_wait() -> None:
    subscription = begun(make())
    outcome: list[object] = []
    thread = threading.Thread(target=lambda: outcome.append(subscription.next(30)))
    thread.start()
    subscription.close()
    thread.join(30)
    assert outcome == [None]


def test_a_minute_of_rates_is_kept_for_those_who_come_later() -> None:
    broadcaster = make()
    broadcaster.publish(server("chat", "RUNNING"))
    for number in range(70):
        broadcaster.publish(figures("chat", float(number)))
    history = broadcaster.snapshot()["history"]["chat"]["in"]
    assert (len(history), history[0], history[-1]) == (60, 10.0, 69.0)


def logs(*numbers: int, name: str = "chat", skipped: int = 0) -> dict[str, Any]:
    return {"kind": "logs", "name": name, "lines": list(numbers), "skipped": skipped}


def test_a_stream_comes_together_and_what_is_left_out_is_counted() -> None:
    broadcaster = make()
    subscription = begun(broadcaster, "logs:chat", "logs:page")
    broadcaster.publish(logs(1, 2))
    broadcaster.publish(logs(7, name="page"))
    broadcaster.publish(logs(5, skipped=2))
    assert events(subscription) == [logs(1, 2, 5, skipped=2), logs(7, name="page")]
    for number in range(STREAM_KEPT + 10):
        broadcaster.publish(logs(number))
    (event,) = events(subscription)
    assert (event["skipped"], len(event["lines"])) == (10, STREAM_KEPT)
    assert event["lines"][-1] == STREAM_KEPT + 9


def test_a_flood_in_a_stream_pushes_nothing_else_out() -> None:
    broadcaster = make()
    subscription = begun(broadcaster, "logs:chat")
    broadcaster.publish(server("chat", "RUNNING"))
    for number in range(3 * ORDERED_KEPT):
        broadcaster.publish(logs(number))
    kinds = [event["kind"] for event in events(subscription)]
    assert kinds == ["server", "logs"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_is_delivered_as_the_table_says(kind: Kind) -> None:
    broadcaster = make()
    subscription = begun(broadcaster, kind.topic("chat"))
    for number in range(2):
        rates = {"in_rate": number, "out_rate": 0.0}
        event = {"kind": kind.kind, "name": "chat", "lines": [number], "skipped": 0, "frame": {}}
        more = {"server": {"name": "chat"}, "entry": {}, "figures": rates}
        broadcaster.publish({**event, **more, "files": [], "troubles": [], "wanted": True})
    got = [event["lines"] for event in events(subscription)]
    expected = {
        Delivery.ORDERED: [[0], [1]],
        Delivery.LATEST: [[1]],
        Delivery.STREAM: [[0, 1]],
    }
    assert got == expected[kind.delivery]


def test_what_is_no_longer_asked_for_is_forgotten() -> None:
    broadcaster = make()
    subscription = begun(broadcaster, "logs:chat", "rows:chat")
    broadcaster.publish(logs(1))
    broadcaster.publish({"kind": "rows", "name": "chat", "rows": {}})
    broadcaster.publish(figures("chat", 1))
    subscription.topics({"rows:chat"})
    assert [event["kind"] for event in events(subscription)] == ["rows", "figures"]
