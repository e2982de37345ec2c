"""The table of states, read as sentences."""

import itertools

import pytest

from dashboard.supervision.lifecycle import (
    ALIVE,
    SETTLED,
    TRANSITIONS,
    Event,
    State,
    as_shown,
    next_state,
)

S, E = State, Event


def walk(*events: Event, start: State = S.STOPPED) -> State:
    state = start
    for event in events:
        state = next_state(state, event)
    return state


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((E.START,), S.STARTING),
        ((E.START, E.READY), S.RUNNING),
        ((E.START, E.COULD_NOT_START), S.FAILED),
        ((E.START, E.FINISHED), S.STOPPED),
        ((E.START, E.READY, E.FINISHED), S.STOPPED),
        ((E.START, E.READY, E.BROKE), S.FAILED),
        ((E.START, E.READY, E.STOP), S.STOPPING),
        ((E.START, E.READY, E.STOP, E.ENDED), S.STOPPED),
        ((E.START, E.STOP, E.READY), S.STOPPING),
        ((E.START, E.READY, E.SILENT), S.FROZEN),
        ((E.START, E.READY, E.SILENT, E.SPOKE), S.RUNNING),
        ((E.START, E.READY, E.SILENT, E.BROKE), S.FAILED),
        ((E.START, E.READY, E.SILENT, E.FINISHED), S.STOPPED),
        ((E.START, E.READY, E.SILENT, E.RETRY_LATER), S.BACKOFF),
        ((E.START, E.READY, E.RETRY_LATER, E.RETRY), S.STARTING),
        ((E.START, E.READY, E.RETRY_LATER, E.START), S.STARTING),
        ((E.START, E.READY, E.RETRY_LATER, E.STOP), S.STOPPED),
        ((E.START, E.READY, E.SILENT, E.STOP), S.STOPPING),
        ((E.START, E.RETRY_LATER), S.BACKOFF),
        ((E.START, E.STOP, E.ENDED), S.STOPPED),
        ((E.START, E.STOP, E.UNENDED), S.FAILED),
        ((E.START, E.READY, E.BROKE, E.START), S.STARTING),
        ((E.START, E.READY, E.BROKE, E.STOP), S.STOPPED),
    ],
)
def test_a_life(events: tuple[Event, ...], state: State) -> None:
    assert walk(*events) is state


def test_what_changes_nothing_changes_nothing() -> None:
    for state, event in itertools.product(State, Event):
        assert next_state(state, event) is TRANSITIONS.get((state, event), state)
    assert walk(E.STOP) is S.STOPPED
    assert walk(E.ENDED) is S.STOPPED
    assert walk(E.START, E.READY, E.STOP, E.FINISHED) is S.STOPPING  # an asked end is ENDED


def test_every_state_can_be_reached_and_left_for_stopped() -> None:
    reached = {S.STOPPED}
    for _ in State:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}
    assert reached == set(State)
    for state in State:
        ways = [state]
        for _ in State:
            ways += [after for (before, _), after in TRANSITIONS.items() if before in ways]
        assert S.STOPPED in ways
    assert set(State) - ALIVE == {S.STOPPED, S.FAILED, S.BACKOFF}
    assert {S.STOPPED, S.RUNNING, S.FAILED, S.FROZEN} == SETTLED


def test_a_page_gets_every_state_and_edge_by_name() -> None:
    shown = as_shown()
    assert shown["states"] == list(State)
    assert len(shown["edges"]) == len(TRANSITIONS)
    assert shown["edges"][0] == {"from": "STOPPED", "event": "start", "to": "STARTING"}
    words = "start, stop, ready, could not start, finished, broke, ended, unended, silent, spoke"
    assert ", ".join(Event) == f"{words}, retry, retry later"
