"""One controller at a time holds a program, by name, as long as a tab of it is open."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.errors import NotNow, NotRunning
from dashboard.supervision.control import GRACE_S, Control
from labservers.observe import messages

NOTHING = messages.Breakpoints([], [], [], False)


def held(paused: bool, delay_s: float = 0.0, **marks: Any) -> messages.Held:
    return messages.Held(1.0, paused, None, delay_s, [], NOTHING._replace(**marks))


def test_another_controller_is_refused_and_may_take_over() -> None:
    control = Control()
    control.take("Anna", "tab 1")
    control.take("Anna", "tab 2")
    with pytest.raises(NotNow, match="Anna holds the program"):
        control.take("Boris", "tab 3")
    with pytest.raises(NotNow):
        control.take("")
    control.take("Boris", "tab 3", over=True)
    assert control.by == "Boris"


def test_a_command_without_a_name_holds_nothing() -> None:
    control = Control()
    control.take("", "tab 1")
    assert control.by is None
    assert not control.abandoned(100.0, lambda tab: False)


@pytest.mark.parametrize(
    "active",
    [held(True), held(False, 0.1), held(False, lines=["a.py:1"]), held(False, exceptions=True)],
)
def test_it_ends_when_the_program_is_not_held_any_more(active: messages.Held) -> None:
    control = Control()
    control.take("Anna", "tab 1")
    control.heard(held(False))  # of the time before
    assert control.by == "Anna"
    control.heard(active)
    assert control.by == "Anna"
    control.heard(held(False))
    assert control.by is None


def test_it_is_abandoned_a_moment_after_its_last_tab_is_gone() -> None:
    control = Control()
    open_tabs = {"1", "2"}
    control.take("Anna", "1")
    control.take("Anna", "2")

    def abandoned(now: float) -> bool:
        return control.abandoned(now, open_tabs.__contains__)

    open_tabs.remove("1")
    assert not abandoned(10.0)
    open_tabs.remove("2")
    assert not abandoned(11.0)
    assert not abandoned(11.0 + GRACE_S / 2)
    open_tabs.add("2")  # loaded anew
    assert not abandoned(11.0 + GRACE_S)
    open_tabs.remove("2")
    assert not abandoned(20.0)
    assert abandoned(20.0 + GRACE_S)


def test_one_without_a_tab_is_not_abandoned() -> None:
    control = Control()
    control.take("a script")
    assert not control.abandoned(1.0, lambda tab: False)
    assert not control.abandoned(1_000.0, lambda tab: False)


def test_the_view_names_the_controller_and_the_program_is_let_go(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    with pytest.raises(NotRunning):
        world.server.hold(messages.Pause(), "Anna")
    world.up()
    world.tabs.add("tab 1")
    world.server.hold(messages.Pause(), "Anna", "tab 1")
    assert world.server.view()["held"] is None
    world.says(held(True))
    view = world.server.view()
    assert (view["held"]["by"], view["paused"]) == ("Anna", True)
    assert world.feed()[-1] == "paused"
    with pytest.raises(NotNow):
        world.server.hold(messages.Resume(), "Boris", "tab 2")
    before = len(world.process.done)
    world.tabs.clear()
    world.passes(0.1)
    assert world.process.done[before:] == []
    world.passes(GRACE_S)
    assert world.process.done[before:] == ["break", "slow", "resume"]
    world.says(held(False))
    view = world.server.view()
    assert (view["held"]["by"], view["paused"]) == (None, False)


def test_the_end_of_a_process_ends_its_hold(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.up()
    world.server.hold(messages.Pause(), "Anna", "tab 1")
    world.says(held(True))
    world.server.stop()
    world.exits(0)
    assert world.server.view()["held"] is None
    world.up()
    world.server.hold(messages.Pause(), "Boris")
    world.says(held(True))
    assert world.server.view()["held"]["by"] == "Boris"
