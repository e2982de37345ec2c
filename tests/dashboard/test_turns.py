"""A few at a time, the newest and the oldest by turns; nobody is lost."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.turns import Turns


class Rig:
    """Turns with a clock that stands, and how often somebody was called to look."""

    def __init__(self, most: int = 2, longest_s: float = 1.0) -> None:
        self.now = 0.0
        self.calls = 0
        self.turns = Turns[int](most, longest_s, self._call, lambda: self.now)

    def _call(self) -> None:
        self.calls += 1


def test_the_newest_comes_next_and_then_the_oldest() -> None:
    rig = Rig(most=1)
    assert [rig.turns.begin(one) for one in range(5)] == [True, False, False, False, False]
    order = []
    for _ in range(4):
        assert rig.turns.next() is None
        rig.turns.end(order[-1] if order else 0)
        order.append(rig.turns.next())
    assert order == [4, 1, 3, 2]


def test_a_turn_that_lasts_too_long_is_in_nobodys_way() -> None:
    rig = Rig(most=1)
    assert rig.turns.begin(1)
    assert rig.turns.wait_s() is None  # nobody waits
    assert not rig.turns.begin(2)
    rig.now = 0.75
    assert rig.turns.wait_s() == 0.25
    assert rig.turns.next() is None
    rig.now = 1.5
    assert rig.turns.wait_s() == 0.0
    assert rig.turns.next() == 2
    rig.now = 2.5
    assert rig.turns.begin(3)


def test_turns_without_an_end_are_not_waited_for() -> None:
    rig = Rig(most=1, longest_s=float("inf"))
    rig.turns.begin(1)
    rig.turns.begin(2)
    assert rig.turns.wait_s() is None


def test_the_end_of_a_turn_calls_where_somebody_waits() -> None:
    rig = Rig(most=1)
    rig.turns.begin(1)
    rig.turns.end(1)
    assert rig.calls == 0
    rig.turns.begin(1)
    rig.turns.begin(2)
    rig.turns.end(1)
    assert rig.calls == 1


def test_who_goes_while_it_waits_gets_no_turn() -> None:
    rig = Rig(most=1)
    for one in (1, 2, 3):
        rig.turns.begin(one)
    rig.turns.end(3)
    rig.turns.end(3)
    assert rig.turns.waiting() == [2]


def test_the_oldest_is_pushed_out_where_too_many_wait() -> None:
    rig = Rig(most=1)
    for one in range(4):
        rig.turns.begin(one)
    assert rig.turns.push_out(3) is None
    assert rig.turns.push_out(2) == 1
    assert rig.turns.waiting() == [2, 3]


@given(st.lists(st.sampled_from(["begin", "end", "next", "push out", "later"]), max_size=60))
def test_nobody_is_lost_and_there_are_never_too_many(acts: list[str]) -> None:
    rig, most = Rig(), 2
    begun: dict[int, float] = {}  # who, and when its turn is over
    waiting: set[int] = set()
    for number, act in enumerate(acts):
        if act == "begin":
            if rig.turns.begin(number):
                begun[number] = rig.now + 1.0
            else:
                waiting.add(number)
        elif act == "end" and begun:
            rig.turns.end(one := next(iter(begun)))
            del begun[one]
        elif act == "next" and (two := rig.turns.next()) is not None:
            waiting.remove(two)
            begun[two] = rig.now + 1.0
        elif act == "push out" and (out := rig.turns.push_out(3)) is not None:
            waiting.remove(out)
        elif act == "later":
            rig.now += 0.4
        assert sum(until > rig.now for until in begun.values()) <= most
        assert set(rig.turns.waiting()) == waiting
