"""The clock of messages, with clocks that are set by hand."""

from labservers.observe.clock import Clock


def test_it_goes_on_from_the_time_of_day_whatever_is_set_meanwhile() -> None:
    wall, monotonic = [1_000.0], [5.0]
    clock = Clock(lambda: wall[0], lambda: monotonic[0])
    assert clock.now() == 1_000.0
    wall[0] -= 3_600
    monotonic[0] += 2.5
    assert clock.now() == 1_002.5
