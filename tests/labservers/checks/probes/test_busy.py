"""A program that spins is told from one that rests, however busy the machine is."""

import time
from typing import Any

import pytest

from labservers.checks.context import Context, Probe, Setting
from labservers.checks.figures import Work
from labservers.checks.hints import Hints
from labservers.checks.probes import ends, load
from labservers.checks.probes.busy import SPINS, SUSPECT, share
from labservers.checks.subject import Mark
from labservers.checks.values import Talk, Turn

LOOK_S = 0.05


class FakeSubject:
    """Uses that part of a processor, and waits for one for another part of the time."""

    def __init__(self, uses: float, waits: float) -> None:
        self._uses = uses
        self._waits = waits

    def work(self) -> Work:
        now = time.monotonic()
        return Work(now * self._uses, now * self._waits)


@pytest.mark.parametrize(("uses", "waits"), [(1.0, 0.0), (0.5, 0.5), (0.04, 0.95)])
def test_one_that_spins_wants_a_processor_all_the_time(uses: float, waits: float) -> None:
    subject: Any = FakeSubject(uses, waits)
    assert share(subject, LOOK_S) == pytest.approx(uses + waits, rel=0.1)


@pytest.mark.parametrize("waits", [0.0, 0.3, 0.6])
def test_one_that_rests_may_wait_for_its_turns(waits: float) -> None:
    subject: Any = FakeSubject(0.01, waits)
    assert share(subject, LOOK_S) < SUSPECT < SPINS


class Program:
    """One that we have started."""

    inside = True

    def mark(self) -> Mark:
        return Mark(0, 0)


@pytest.mark.parametrize("probe", [*ends.PROBES[:3], load.CROWD_COMES], ids=lambda one: one.id)
def test_many_clients_do_not_come_where_each_leaves_a_thread_that_spins(probe: Probe) -> None:
    subject: Any = Program()
    patience: Any = None
    talk = Talk("text", None, (Turn(b"a", b"b"),))
    reasons = [
        probe.applies(
            Context(probe.id, Setting(talk, subject, patience, Hints(), {"spins": spins}))
        )
        for spins in (False, True)
    ]
    assert reasons == [None, "spins"]
