"""The live channel: a snapshot, then numbered deltas, as many as a tab keeps up with."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.live.broadcaster import WINDOW

FIELDS = {"name", "title", "state", "host", "port", "settings", "failure", "figures", "generation"}


def follow(talk: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Read and acknowledge deltas up to an event that fits."""
    while True:
        message = talk.hear()
        if message["type"] != "delta":
            continue
        talk.tell({"ack": message["seq"]})
        for event in message["events"]:
            if wanted(event):
                return dict(event)


def test_it_begins_with_everything_a_page_shows(site: Any) -> None:
    snapshot = site.talk("/ws/live", {"subscribe": []}).hear()
    assert (snapshot["type"], snapshot["seq"]) == ("snapshot", 1)
    names = [server["name"] for server in snapshot["servers"]]
    assert names == ["hello", "hypotenuse", "page", "chat", "subjects"]
    assert all(server.keys() >= FIELDS for server in snapshot["servers"])
    assert {"feed", "history", "now"} <= snapshot.keys()


def test_a_start_and_a_stop_are_told_in_numbered_deltas(site: Any) -> None:
    talk = site.talk("/ws/live", {})
    assert talk.hear()["seq"] == 1
    site.api("POST", "/api/servers/hello/start")
    numbers, states = [1], []
    while "RUNNING" not in states:
        message = talk.hear()
        numbers.append(message["seq"])
        talk.tell({"ack": message["seq"]})
        states += [e["server"]["state"] for e in message["events"] if e["kind"] == "server"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert states[0] == "STARTING"
    site.api("POST", "/api/servers/hello/stop")
    assert follow(talk, lambda event: event.get("entry", {}).get("code") == "stopped")
    assert site.api("GET", "/api/servers/hello")["state"] == "STOPPED"


def test_a_tab_that_comes_later_starts_from_the_same_state(site: Any) -> None:
    site.start("hello")
    snapshot = site.talk("/ws/live", {}).hear()
    assert snapshot["servers"][0]["state"] == "RUNNING"
    assert "started" in {entry["code"] for entry in snapshot["feed"]}


def test_figures_come_by_themselves_and_topics_when_asked_for(site: Any) -> None:
    site.start("subjects")
    talk = site.talk("/ws/live", {"subscribe": ["loop:subjects"]})
    frame = follow(talk, lambda event: event["kind"] == "loop")["frame"]
    assert frame["loop"]["tasks"] >= 1
    talk.tell({"subscribe": ["rows:subjects"]})
    assert follow(talk, lambda event: event["kind"] == "rows")["rows"]["kind"] == "tasks"
    figures = follow(talk, lambda event: event["kind"] == "figures")
    assert figures["name"] == "subjects"
    assert site.lab.broadcaster.wanted() == {"rows:subjects"}


def test_a_closed_tab_asks_for_nothing_more(site: Any, eventually: Callable[..., Any]) -> None:
    talk = site.talk("/ws/live", {"subscribe": ["loop:subjects", "logs:chat"]})
    assert talk.hear()["type"] == "snapshot"
    assert site.lab.broadcaster.wanted() == {"loop:subjects", "logs:chat"}
    talk.close()
    eventually(lambda: not site.lab.broadcaster.wanted(), "the subscription ends")


def test_logs_begin_with_the_last_500_lines(site: Any) -> None:
    book = site.lab.supervisor.server("page").reports.log
    for number in range(600):
        book.add(f"12:00:00.000 INFO page: line {number} <script>alert(1)</script>", 0.0)
    talk = site.talk("/ws/live", {"subscribe": ["logs:page"]})
    event = follow(talk, lambda event: event["kind"] == "logs")
    assert [line["n"] for line in event["lines"]] == list(range(101, 601))
    assert event["lines"][-1]["text"] == "line 599 <script>alert(1)</script>"
    assert event["lines"][-1]["level"] == "info"


def test_unknown_topics_are_nothing(site: Any) -> None:
    talk = site.talk(
        "/ws/live", {"subscribe": ["rows:evil", "", "logs:", "loop", "loop:chat", "loop:subjects"]}
    )
    assert talk.hear()["type"] == "snapshot"
    assert site.lab.broadcaster.wanted() == {"loop:subjects"}


@pytest.mark.parametrize("topics", ["loop", {"loop": 1}, [1], [None], 5])
def test_topics_that_are_no_list_of_texts_are_4400(site: Any, topics: Any) -> None:
    assert site.talk("/ws/live", {"subscribe": topics}).close_code() == 4400


def test_ping_is_answered_with_its_own_value(site: Any) -> None:
    talk = site.talk("/ws/live", {})
    assert talk.hear()["type"] == "snapshot"
    talk.tell({"ping": 17.25})
    assert talk.hear() == {"type": "pong", "ping": 17.25}


def test_what_is_not_acknowledged_is_held_and_then_coalesced(
    site: Any, eventually: Callable[..., Any]
) -> None:
    talk = site.talk("/ws/live", {})
    assert talk.hear()["seq"] == 1
    for number in range(2, WINDOW + 1):  # the snapshot is one of the window
        site.lab.feed(None, "experiment", n=number)
        assert talk.hear()["seq"] == number
    for number in range(100):
        site.lab.feed(None, "experiment", n=number)
    talk.tell({"ping": 1})
    assert talk.hear()["type"] == "pong"  # nothing of the hundred has been sent before it
    talk.tell({"ack": WINDOW})
    message = talk.hear()
    assert message["seq"] == WINDOW + 1
    assert [event["entry"]["args"]["n"] for event in message["events"]] == list(range(100))


@pytest.mark.parametrize("nonsense", [{"ack": "x"}, {"ack": None}, {"what": 1}, {}])
def test_what_means_nothing_changes_nothing(site: Any, nonsense: dict[str, Any]) -> None:
    talk = site.talk("/ws/live", {})
    assert talk.hear()["type"] == "snapshot"
    talk.tell(nonsense)
    talk.tell({"ping": 1})
    assert talk.hear()["type"] == "pong"
