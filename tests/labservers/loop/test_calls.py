"""Calls into the loop: each is made, whatever the one before it did."""

from labservers.loop.calls import Calls


def breaks() -> None:
    raise ValueError("why")


def test_a_call_that_breaks_is_reported_and_the_next_ones_are_made() -> None:
    reported: list[tuple[str, str]] = []
    made: list[str] = []
    calls = Calls(lambda: None, lambda text, error: reported.append((text, str(error))))
    for call in (breaks, lambda: made.append("soon")):
        calls.soon(call)
    for call in (breaks, lambda: made.append("when idle")):
        calls.when_idle(call)
    calls.make(idle=True)
    assert made == ["soon", "when idle"]
    assert reported == [("a call into the loop broke", "why")] * 2
    assert not calls


def test_the_wait_is_interrupted_once_for_all_calls_that_come_before_it_returns() -> None:
    interrupts: list[int] = []
    calls = Calls(lambda: interrupts.append(1), lambda text, error: None)
    calls.soon(lambda: None)
    calls.soon(lambda: None)
    assert len(interrupts) == 1
    calls.make(idle=False)
    calls.soon(lambda: None)
    assert len(interrupts) == 2
