"""The table of a member's states."""

from collections.abc import Iterator

import pytest

from labservers.servers.chat_states import READS_ON, TRANSITIONS, Event, State, next_state


def reachable(state: State) -> Iterator[State]:
    found, left = {state}, [state]
    while left:
        here = left.pop()
        yield here
        new = {after for (before, _), after in TRANSITIONS.items() if before is here} - found
        found |= new
        left += new


def test_every_state_can_be_reached_and_every_one_can_come_to_its_end() -> None:
    assert set(reachable(State.JOINING)) == set(State)
    for state in State:
        assert State.GONE in reachable(state)


def test_gone_is_the_end() -> None:
    assert list(reachable(State.GONE)) == [State.GONE]
    assert [next_state(State.GONE, event) for event in Event] == [State.GONE] * len(Event)


@pytest.mark.parametrize("state", [State.LEVEL, *sorted(READS_ON)])
def test_a_member_of_a_room_may_leave_or_break_at_any_time(state: State) -> None:
    assert next_state(state, Event.LEAVE) is State.LEAVING
    assert next_state(state, Event.BROKE) is State.GONE


def test_a_reader_that_is_slow_is_waited_for_again_once_it_has_nearly_caught_up() -> None:
    state, seen = State.LEVEL, []
    for event in (Event.FULL, Event.OUT_OF_TIME, Event.CATCHING_UP, Event.CAUGHT_UP):
        state = next_state(state, event)
        seen.append(state)
    assert seen == [State.BEHIND, State.SLOW, State.BEHIND, State.LEVEL]


def test_what_does_not_concern_a_state_changes_nothing() -> None:
    assert next_state(State.LEVEL, Event.CATCHING_UP) is State.LEVEL
    assert next_state(State.LEAVING, Event.FULL) is State.LEAVING
    assert next_state(State.JOINING, Event.BROKE) is State.JOINING
