"""The newest moves of a program between its states: the edges that it took, and when."""

from collections.abc import Callable
from typing import Any, NamedTuple

from dashboard.supervision.lifecycle import Event, State

KEPT = 50


class Move(NamedTuple):
    """number: counts from 1. generation: of the process. at: Unix seconds, to be read by people.
    stayed_s: in the state before, by the monotonic clock."""

    number: int
    generation: int
    at: float
    before: State
    event: Event
    after: State
    stayed_s: float


class Moves:
    """add() is for one thread at a time. The picture is replaced as a whole, so any may read."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self._clock, self._wall = clock, wall
        self._picture: tuple[State, float, tuple[Move, ...]] = State.STOPPED, clock(), ()

    def add(self, event: Event, after: State, generation: int) -> None:
        before, since, moves = self._picture
        number, now = (moves[-1].number + 1 if moves else 1), self._clock()
        move = Move(number, generation, self._wall(), before, event, after, now - since)
        self._picture = after, now, (*moves, move)[-KEPT:]

    def newest(self) -> tuple[Move, ...]:
        """The oldest of them first."""
        return self._picture[2]

    def as_shown(self) -> dict[str, Any]:
        """{state, since_s, moves: [{number, generation, at, from, event, to, stayed_s}]}; since_s:
        how long it has been in its state."""
        state, since, moves = self._picture
        shown = [
            {
                "number": move.number,
                "generation": move.generation,
                "at": move.at,
                "from": move.before.value,
                "event": move.event.value,
                "to": move.after.value,
                "stayed_s": round(move.stayed_s, 3),
            }
            for move in moves
        ]
        return {"state": state.value, "since_s": self._clock() - since, "moves": shown}
