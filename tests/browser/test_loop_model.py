"""Troubles and ticks of a loop as the page makes them, in the browser's own JavaScript."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.models import call


def look(**more: Any) -> dict[str, Any]:
    """A frame of a loop in peace."""
    loop = {"ready": 0, "utilization": 0.1, "hog": None, "selector": "epoll_wait", "watched": 3}
    loop |= {"paused": False, "delay_s": 0}
    frame = {"accept_queue": 0, "accept_limit": 100, "rows": None}
    for key, value in more.items():
        (loop if key in loop else frame)[key] = value
    return {**frame, "loop": loop}


def told(model: Page, *looks: tuple[float, dict[str, Any]]) -> list[str]:
    """The kinds of trouble that are told after these looks, each with its time."""
    known: Any = {}
    for at, one in looks:
        known = call(model, "loop_alarms", "watch", known, one, at)
    return [trouble["kind"] for trouble in call(model, "loop_alarms", "ranked", known)]


def step(ms: int, task: int = 7) -> dict[str, Any]:
    return look(hog=[task, ms * 1000, "GET /", "127.0.0.1:5", "subjects.py:88"])


def rows(**row: Any) -> dict[str, Any]:
    values = {"id": 1, "peer": "127.0.0.1:5", "state": "reading", "state_s": 1.0, "send_q": 0}
    return {"rows": [{**values, **row}], "stuck": {}, "at": 0.0}


def test_a_loop_in_peace_is_in_no_trouble(model: Page) -> None:
    assert told(model, *((at / 10, look(ready=at % 3)) for at in range(100))) == []


def test_a_long_step_is_told_when_it_is_seen_again_or_very_long(model: Page) -> None:
    assert told(model, (0.0, step(90)), (1.0, step(95))) == []
    assert told(model, (0.0, step(150))) == []  # the machine may have been busy with others
    assert told(model, (0.0, step(150)), (0.1, step(150))) == []  # the same one, looked at twice
    assert told(model, (0.0, step(150)), (3.0, step(170))) == ["step"]
    assert told(model, (0.0, step(500))) == ["step"]
    assert told(model, (0.0, step(500)), (9.0, look())) == ["step"]
    assert told(model, (0.0, step(500)), (11.0, look())) == []


def test_a_queue_that_lasts_is_told_and_a_peak_is_not(model: Page) -> None:
    busy, peace = look(ready=40, utilization=0.99), look()
    assert told(model, (0.0, busy), (1.0, busy), (2.0, busy)) == []
    assert told(model, (0.0, busy), (1.0, busy), (2.0, busy), (3.0, busy)) == ["behind"]
    assert told(model, (0.0, busy), (1.5, peace), (3.5, busy)) == []


def test_a_full_accept_queue_comes_first(model: Page) -> None:
    full = look(accept_queue=100, ready=40, utilization=0.99)
    assert told(model, *((float(at), full) for at in range(5))) == ["queue", "behind"]
    assert told(model, (0.0, full), (1.0, look(accept_queue=99)), (2.5, full)) == []


def test_a_stuck_reader_an_idle_one_and_selects_limit(model: Page) -> None:
    table = {**rows(send_q=5000), "stuck": {"1": {"send_q": 5000, "since": -4.0}}}
    assert told(model, (0.0, look(rows=table)), (1.0, look(rows=table))) == []
    assert told(model, *((float(at), look(rows=table)) for at in range(4))) == ["sendq"]
    idle = look(rows=rows(state_s=31.0))
    assert told(model, (0.0, idle), (1.0, idle), (2.0, idle)) == ["idle"]
    near = look(selector="select", watched=950)
    assert told(model, (0.0, near), (1.0, near)) == ["select"]
    assert told(model, (0.0, look(watched=5000)), (1.0, look(watched=5000))) == []


def test_a_loop_that_is_held_is_in_no_trouble_of_its_own(model: Page) -> None:
    held = look(accept_queue=100, paused=True, hog=[7, 9_000_000, "", "", "a.py:1"])
    assert told(model, *((float(at), held) for at in range(9))) == []


def test_the_functions_around_the_lines_where_tasks_stand(model: Page) -> None:
    source = [
        "import asyncio",
        "async def main():",
        "    await one()",
        "    def inner(x):",
        "        yield x",
        "    print(2)",
        "    async with turn:",
        "        pass",
        "def other(conn):",
        "    yield conn",
        "await_me = 1",
    ]
    shown = call(model, "source", "around", source, [7])
    assert [(one["n"], one["head"], one["waits"]) for one in shown] == [
        (2, True, False), (3, False, True), (5, False, True), (7, False, True),
    ]  # fmt: skip
    assert [one["text"] for one in call(model, "source", "around", source, [10])] == [
        "def other(conn):",
        "  yield conn",
    ]
    assert [one["n"] for one in call(model, "source", "around", source, [11])] == [11]
    assert call(model, "source", "around", source, []) == []


def test_a_lane_is_remembered_for_a_line_and_being_ready_is_none(model: Page) -> None:
    state: Any = {"loops": {}, "rows": {}, "tasks": {}, "servers": {}}

    def after(state: Any, lines: Any) -> Any:
        frame = {**look(), "seq": 1}
        frame["loop"] |= {"lines": lines}
        event = {"kind": "loop", "name": "x", "frame": frame}
        return call(
            model, "reducer", "reduce", state, {"type": "delta", "events": [event], "at": 1}
        )

    state = after(state, {"a.py:1": ["ready", 1], "a.py:2": ["reading", 2]})
    assert state["loops"]["x"]["asks"] == {"a.py:1": None, "a.py:2": "reading"}
    state = after(state, {"a.py:1": ["waiting", 1], "a.py:2": ["running", 1]})
    assert state["loops"]["x"]["asks"] == {"a.py:1": "waiting", "a.py:2": "reading"}
