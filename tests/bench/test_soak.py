"""The soak: its trend, its verdicts, its faults; and a short one, without a browser."""

import json
import math
import random
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.soak import faults, report, verdict
from bench.soak.load import Tally
from bench.soak.programs import Program
from bench.soak.trend import Life, Point, trend
from bench.soak.visits import Wrong

ROOT = Path(__file__).resolve().parent.parent.parent
slopes = st.floats(-10, 10)


def line(slope: float, many: int = 40, start: float = 0.0) -> list[Point]:
    return [Point(start + at, 100 + slope * at) for at in range(many)]


def judged(life: Life, process: str = "dashboard") -> dict[str, str]:
    found = verdict.verdicts({process: {"threads": [life]}}, {process: 0.0}, ["dashboard"])
    return {one.figure.name: one.word for one in found}


@settings(max_examples=30)
@given(slopes, st.sets(st.integers(0, 39), max_size=8), st.floats(-1e6, 1e6))
def test_a_fifth_of_the_samples_may_be_far_off(slope: float, off: set[int], by: float) -> None:
    life = [Point(p.at_s, p.value + by * (i in off)) for i, p in enumerate(line(slope))]
    found = trend([life], 0.0)
    assert found.looked_s == 39
    assert found.growth == pytest.approx(39 * slope, abs=1e-6)


def test_the_growth_is_the_slope_times_the_time() -> None:
    assert trend([line(0.5)], 0.0) == (39, pytest.approx(102.25), pytest.approx(117.25), 19.5)
    assert trend([line(0.0)], 0.0).growth == 0
    assert trend([line(-1.0)], 0.0).growth == -39


def test_a_warm_up_is_left_out() -> None:
    life = [Point(at, min(at, 20)) for at in range(60)]
    assert trend([life], 0.0).growth > 0
    assert trend([life], 20.0)[0::3] == (39, 0)


def test_lives_are_not_compared_with_each_other() -> None:
    """A process that was started anew begins small again, or large."""
    lives = [line(0.0), [Point(p.at_s, p.value + 900) for p in line(0.0, start=50)]]
    assert trend(lives, 0.0) == (78, 100, 1000, 0)


def test_growth_is_that_of_the_longest_life() -> None:
    """A process that was started anew begins at nothing: no life has all of their growth."""
    assert trend([line(1.0, many=30), line(1.0, many=40, start=90)], 0.0)[0::3] == (68, 39)


def test_many_samples_are_thinned_evenly() -> None:
    assert trend([line(0.25, many=5_000)], 0.0).growth == pytest.approx(0.25 * 4_999)


@pytest.mark.parametrize("lives", [[], [[]], [[Point(0, 1)]], [line(1.0, many=5)]])
def test_too_little_has_no_trend(lives: list[Life]) -> None:
    assert math.isnan(trend(lives, 10.0).growth)


def test_growth_beyond_what_is_allowed_is_found() -> None:
    assert judged(line(1.0, many=100))["threads"] == "grows"
    assert judged(line(0.01, many=100))["threads"] == "steady"
    assert judged(line(-1.0, many=100))["threads"] == "steady"
    assert judged(line(1.0, many=20))["threads"] == "too short"
    assert judged(line(1.0, many=100))["descriptors"] == "too short"  # none was seen
    assert judged(line(1.0, many=100), "a student's")["threads"] == "not judged"


def test_one_handle_more_at_rest_is_found() -> None:
    before = {"threads": 2, "descriptors": 11, "connections": 0, "USS": 40.0}
    assert verdict.left_at_rest(before, before | {"USS": 90.0, "threads": 1}) == {}
    assert verdict.left_at_rest(before, before | {"descriptors": 12}) == {"descriptors": 1}


def test_visits_are_counted() -> None:
    tally = Tally()

    def refused() -> bool:
        raise ConnectionRefusedError

    def wrong() -> bool:
        raise Wrong("5.1")

    for visit in (lambda: True, lambda: True, lambda: False, refused, wrong):
        tally.take(visit)
    assert (tally.answered, tally.lost, tally.wrong) == (2, 2, ["5.1"])


def test_every_program_dies_in_turn_and_a_fragile_one_is_spared() -> None:
    programs = [Program(task, task, 1, own=True) for task in ("page", "chat", "hello")]
    planned = list(islice(faults.plan(programs, random.Random(1)), 400))
    deaths = [program.task for fault, program in planned if fault in faults.DEADLY]
    assert Counter(deaths) == {"page": 17, "chat": 17, "hello": 16}
    assert {f for f, p in planned if p.fragile}.isdisjoint(faults.ROUGH)
    assert {f for f, _ in planned} == {*faults.DEADLY, *faults.ROUGH, *faults.MILD}


def test_the_report_names_what_grows_and_what_was_wrong() -> None:
    soaked = report.Soaked({"machine": "one"})
    life = {"descriptors": [line(1.0, many=100)], "USS": [line(0.0, many=100)]}
    soaked.verdicts = list(verdict.verdicts({"chat": life}, {"chat": 0.0}, ["chat"]))
    soaked.tallies = {"page": Tally(3, 1, ["page: gave 500"])}
    soaked.at_rest = ({"threads": 2}, {"threads": 4})
    soaked.left = {"threads": 2}
    soaked.complaints = ["Traceback"]
    text = report.text(soaked)
    assert "| chat | descriptors | 112 | 187 | +99 | 10 | 99 s | grows |" in text
    assert "| chat | MiB USS | 100 | 100 | +0 | 6 | 99 s | steady |" in text
    assert "| threads | 2 | 4 |" in text
    assert "| page | 3 | 1 | 1 |" in text
    assert soaked.found() == [
        "chat: +99 descriptors",
        "at rest: +2 threads",
        "page: gave 500",
        "the dashboard's log: Traceback",
    ]
    assert report.as_dict(soaked)["growth"][0]["verdict"] == "steady"
    assert "Nothing grows" in report.text(report.Soaked({}))


def test_a_short_soak(tmp_path: Path) -> None:
    """A real dashboard with six programs, websockets in place of browsers; it comes to rest."""
    words = ["--minutes", "0.05", "--no-tabs", "--own", "hypotenuse", "--out", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-m", "bench.soak", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout
    [file] = tmp_path.glob("*.json")
    seen = json.loads(file.read_text("utf-8"))
    assert seen["faults"]
    assert sum(visits["answered"] for visits in seen["visits"].values()) > 10, seen["visits"]
    assert seen["at_rest"]["before"]["connections"] == 0
