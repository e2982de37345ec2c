"""One program by written histories: a fake clock, a fake process, kept events."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.errors import NotNow
from dashboard.supervision.lifecycle import State
from labservers.observe import messages

World = Any


def test_running_means_ready_and_answered(world: World) -> None:
    assert world.server.start()
    assert (world.state, world.server.view()["step"]) == ("STARTING", "bind")
    world.ready()
    assert (world.state, world.server.view()["step"]) == ("STARTING", "answers")
    assert world.server.address() is None
    world.checked()
    assert world.state == "RUNNING"
    assert world.server.address() == ("127.0.0.1", 8004)
    assert world.states() == ["STARTING", "RUNNING"]


def test_start_and_stop_twice_are_once(world: World) -> None:
    assert not world.server.stop()
    world.up()
    assert not world.server.start()
    assert len(world.processes) == 1
    assert world.server.stop()
    assert world.process.done == ["stop", "SIGTERM"]
    world.exits(0)
    assert (world.state, world.server.stop()) == ("STOPPED", False)
    assert world.server.view()["last_run"]["requests"] == 0


def test_a_server_that_does_not_answer_as_it_should_has_failed(world: World) -> None:
    world.problem = "no such answer"
    world.server.start()
    world.ready()
    world.ready()  # one more check is under way
    world.later.pop(0)()
    assert (world.state, world.process.done) == ("STARTING", ["SIGKILL"])
    world.ready()  # no news any more, and neither is the other check
    world.problem = None
    world.checked()
    assert not world.server.start()  # it would be a second process
    world.exits(-9)
    failure = world.server.view()["failure"]
    assert (world.state, failure["reason"]) == ("FAILED", "not_answering")
    assert "no such answer" in failure["message"]
    assert world.feed() == ["failed"]


def test_a_start_that_takes_too_long_has_failed(world: World) -> None:
    world.server.start()
    world.passes(9.9)
    assert world.state == "STARTING"
    world.passes(0.2)
    assert (world.state, world.process.done) == ("STARTING", ["SIGKILL"])
    world.exits(-9)
    assert world.state == "FAILED"


def test_a_stop_insists_after_its_grace_and_a_second_click_kills_now(world: World) -> None:
    world.up()
    world.server.stop()
    world.passes(2.9)
    assert "SIGKILL" not in world.process.done
    world.passes(0.2)
    assert world.process.done[-1] == "SIGKILL"
    world.exits(-9)
    assert (world.state, world.feed()[-1]) == ("STOPPED", "killed")
    world.up()
    world.server.stop()
    world.server.stop()
    assert world.process.done == ["stop", "SIGTERM", "SIGKILL"]


@pytest.mark.parametrize("begun", [False, True])
def test_a_process_that_outlives_its_kill_is_said_and_not_joined_by_another(
    world: World, begun: bool
) -> None:
    world.server.start()
    if begun:
        world.ready()
        world.checked()
        world.server.kill()
        assert world.server.start()  # as soon as it has ended
        assert world.server.view()["stop_deadline"] is None
    else:
        world.passes(10.1)
    world.passes(4.9)
    assert world.state in ("STARTING", "STOPPING")
    world.passes(0.2)
    failure = world.server.view()["failure"]
    assert (world.state, failure["reason"]) == ("FAILED", "unended")
    assert str(world.process.pid) in failure["message"]
    for start in (world.server.start, world.server.restart):
        with pytest.raises(NotNow, match="has not ended"):
            start()
    assert len(world.processes) == 1
    world.exits(-9)
    assert world.state == "FAILED"
    world.up()


def test_a_program_that_is_closed_stops_and_starts_no_more(world: World) -> None:
    world.up()
    world.server.restart()
    world.server.close()
    for start in (world.server.start, world.server.restart):
        with pytest.raises(NotNow, match="the dashboard is ending"):
            start()
    world.exits(0)
    assert (world.state, len(world.processes)) == ("STOPPED", 1)


def test_its_moves_are_kept_with_their_times(world: World) -> None:
    world.server.start()
    world.passes(0.25)
    world.ready()
    world.checked()
    world.passes(1)
    world.server.stop()
    shown = world.server.reports.moves.as_shown()
    assert (shown["state"], shown["since_s"]) == ("STOPPING", 0)
    assert [
        (move["number"], move["from"], move["event"], move["to"], move["stayed_s"], move["at"])
        for move in shown["moves"]
    ] == [
        (1, "STOPPED", "start", "STARTING", 0, 1100),
        (2, "STARTING", "ready", "RUNNING", 0.25, 1100.25),
        (3, "RUNNING", "stop", "STOPPING", 1, 1101.25),
    ]
    for _ in range(50):
        world.exits(0)
        world.server.start()
        world.server.stop()
    moves = world.server.reports.moves.newest()
    assert (len(moves), moves[-1].number) == (50, 153)


def test_a_tab_is_told_of_each_move(world: World) -> None:
    world.up()
    told = [event for event in world.events if event["kind"] == "life"]
    assert [(event["name"], event["state"]) for event in told] == [
        ("chat", "STARTING"),
        ("chat", "RUNNING"),
    ]
    assert told[-1] == world.server.reports.newest("life")[0]


@pytest.mark.parametrize(
    ("returncode", "reason", "code", "name"),
    [(1, "exited", 1, None), (-9, "killed", None, "SIGKILL"), (-11, "killed", None, "SIGSEGV")],
)
def test_an_unexpected_end_is_a_crash_with_its_evidence(
    world: World, returncode: int, reason: str, code: int | None, name: str | None
) -> None:
    world.up()
    world.process.listener.on_log("12:00:00.000 ERROR chat: the last words")
    world.now += 134
    world.exits(returncode)
    failure = world.server.view()["failure"]
    assert (world.state, failure["reason"]) == ("FAILED", reason)
    assert (failure["exit_code"], failure["signal"]) == (code, name)
    assert failure["last_lines"] == ["the last words"]
    assert failure["ran_s"] == 134
    assert world.feed()[-1] == "crashed"

    world.up()
    world.exits(returncode)
    assert world.server.view()["failure"]["last_lines"] == []  # words of this process alone


def test_a_busy_port_is_told_with_its_owner_and_a_free_one(world: World) -> None:
    world.server.start()
    world.says(messages.Failed(1.0, 98, "EADDRINUSE", "port 8004 is already in use"))
    world.exits(1)
    failure = world.server.view()["failure"]
    assert failure["reason"] == "port_in_use"
    assert failure["port_owner"]["command"] == "nc -l"
    assert failure["free_port"] == 8014
    assert world.feed()[-1] == "port_in_use"


def test_a_refusal_of_another_kind_asks_nobody_for_the_port(world: World) -> None:
    world.server.start()
    world.says(messages.Failed(1.0, 13, "EACCES", "no right to take port 80"))
    world.exits(1)
    failure = world.server.view()["failure"]
    assert (failure["reason"], failure["port_owner"]) == ("permission", None)
    assert world.asked_owner is None


def test_a_restart_among_some_states_leaves_the_others(world: World) -> None:
    assert not world.server.restart(frozenset({State.RUNNING}))
    world.up()
    assert world.server.restart(frozenset({State.RUNNING}))
    world.exits(0)
    assert world.state == "STARTING"


def test_a_process_that_cannot_be_spawned_is_a_failure(world: World) -> None:
    world.spawn_error = OSError(12, "Cannot allocate memory")
    world.server.start()
    assert world.server.view()["failure"]["reason"] == "spawn"


def test_what_an_earlier_generation_says_is_ignored(world: World) -> None:
    world.up()
    old = world.process.listener
    world.server.stop()
    world.exits(0)
    world.up()
    old.on_exit(1)
    old.on_message(messages.Failed(1.0, 98, "EADDRINUSE", ""))
    assert world.state == "RUNNING"


def test_restart_starts_again_when_the_old_one_has_ended(world: World) -> None:
    world.up()
    world.server.restart()
    assert world.state == "STOPPING"
    assert not world.server.view()["settled"]
    world.exits(0)
    assert world.state == "STARTING"
    assert len(world.processes) == 2


def test_a_stop_of_all_ends_a_restart_and_kills_nothing(world: World) -> None:
    world.up()
    world.server.restart()
    assert world.server.stop(again_kills=False)
    assert "SIGKILL" not in world.processes[0].done
    world.exits(0)
    assert world.state == "STOPPED"


def test_start_while_stopping_comes_after_it(world: World) -> None:
    world.up()
    world.server.stop()
    assert world.server.start()
    assert len(world.processes) == 1
    world.exits(0)
    assert world.state == "STARTING"


def test_silence_is_frozen_and_a_word_is_running_again(world: World) -> None:
    world.up()
    world.passes(5.1)
    assert world.state == "FROZEN"
    world.says(messages.Frame(1.0, 1, 1.0, 0, 0, 0, 0, 0, 0, 1, {}))
    assert world.state == "RUNNING"


def test_a_crash_is_retried_as_often_as_configured(make_world: Callable[..., World]) -> None:
    world = make_world(restart_attempts=2, restart_delay_s=1.0)
    world.server.start()
    world.exits(1)
    assert world.server.view()["retry"] == {"at": world.now + 1001, "attempt": 1, "of": 2}
    world.passes(1.1)
    assert world.state == "STARTING"
    world.exits(1)
    assert world.state == "BACKOFF"
    assert world.server.start()  # start now
    world.exits(1)
    world.passes(1.1)
    world.exits(1)
    world.passes(2.1)
    world.exits(1)
    assert world.state == "FAILED"


def test_attempts_count_anew_after_half_a_minute(make_world: Callable[..., World]) -> None:
    world = make_world(restart_attempts=1, restart_delay_s=1.0)
    world.up()
    world.exits(1)
    for stays_s, state in ((31, "BACKOFF"), (29, "FAILED")):
        world.passes(1.1)
        world.ready()
        world.checked()
        world.now += stays_s
        world.exits(1)
        assert world.state == state


def test_a_look_is_passed_to_this_and_the_next_process(world: World) -> None:
    world.up()
    world.server.look(messages.Look(10.0, ["rows"]))
    assert world.process.done == ["look"]
    world.server.stop()
    world.exits(0)
    world.up()
    assert world.process.done == ["look"]


@pytest.mark.parametrize(
    "data",
    [{"code": "x"}, {"name": 1, "self": 2}, {"args": {}, "event": 0}, {"room": ["7"]}],
    ids=str,
)
def test_an_event_may_have_fields_of_any_names(world: World, data: dict[str, Any]) -> None:
    world.up()
    told = [messages.Event(1, 1.0, "overloaded", data), messages.Event(2, 1.0, "left", {})]
    world.says(messages.Events(1.0, told, 0))
    news = [e["entry"] for e in world.events if e["kind"] == "feed"][-2:]
    assert [(entry["code"], entry["args"]) for entry in news] == [
        ("overloaded", data),
        ("left", {}),
    ]


def test_figures_come_once_a_second_with_rates(world: World) -> None:
    world.up()
    world.says(messages.Frame(1.0, 1, 1.0, 1, 1, 100, 50, 1, 0, 1, {}))
    world.says(messages.Frame(1.0, 2, 1.5, 1, 1, 150, 50, 1, 0, 1, {}))
    world.says(messages.Frame(1.0, 3, 2.0, 2, 1, 300, 70, 3, 0, 1, {}))
    told = [e["figures"] for e in world.events if e["kind"] == "figures"]
    assert [(f["in_rate"], f["out_rate"], f["request_rate"]) for f in told] == [
        (100.0, 50.0, 1.0),
        (200.0, 20.0, 2.0),
    ]
