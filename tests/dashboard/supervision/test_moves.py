"""The newest moves of a program, with clocks set by hand."""

from dashboard.supervision.lifecycle import Event, State
from dashboard.supervision.moves import KEPT, Moves


class Clocks:
    now, wall = 5.0, 1_000.0


def moves() -> tuple[Moves, Clocks]:
    clocks = Clocks()
    return Moves(lambda: clocks.now, lambda: clocks.wall), clocks


def test_a_move_has_its_number_its_time_and_how_long_the_state_before_lasted() -> None:
    made, clocks = moves()
    clocks.now += 2.5
    made.add(Event.START, State.STARTING, 1)
    clocks.now, clocks.wall = clocks.now + 0.12345, 2_000.0
    made.add(Event.READY, State.RUNNING, 1)
    clocks.now += 4
    start, ready = made.newest()
    assert start == (1, 1, 1_000.0, State.STOPPED, Event.START, State.STARTING, 2.5)
    assert (ready.number, ready.before) == (2, State.STARTING)
    shown = made.as_shown()
    assert (shown["state"], shown["since_s"]) == ("RUNNING", 4.0)
    assert shown["moves"][1] == {
        "number": 2,
        "generation": 1,
        "at": 2_000.0,
        "from": "STARTING",
        "event": "ready",
        "to": "RUNNING",
        "stayed_s": 0.123,
    }
    assert len(shown["moves"]) == 2


def test_without_a_move_it_is_stopped() -> None:
    made, clocks = moves()
    clocks.now += 1
    assert made.as_shown() == {"state": "STOPPED", "since_s": 1.0, "moves": []}


def test_the_newest_are_kept_and_numbers_go_on() -> None:
    made, _ = moves()
    for generation in range(1, KEPT + 3):
        made.add(Event.START, State.STARTING, generation)
    assert [move.number for move in made.newest()] == list(range(3, KEPT + 3))
    assert made.newest()[-1].generation == KEPT + 2
