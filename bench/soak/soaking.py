"""The course of a soak: a rehearsal, rest, load and faults, rest again."""

import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.children import Child
from bench.sections.dashboard import Dashboard
from bench.soak import faults, verdict, visits
from bench.soak.load import Load
from bench.soak.programs import Programs, copy_examples
from bench.soak.report import Soaked
from bench.soak.sampling import DASHBOARD, Sampler, figures
from bench.soak.tabs import BROWSERS, LOOKING
from bench.soak.watchers import Watchers

BROWSER_CHATS = 3
BROWSERS_S = 120.0
STAY_S = 20.0
REST_S = 15.0
SETTLE_S = 2.0
FAULT_EVERY_S = 3.0
WARM_PART = 0.25  # of the soak, for the dashboard
WARM_S = 30.0  # of each life of a server
# The bounds of what is kept, low enough to be reached in the warm-up: 5,000 lines of a log and
# 64 MiB of recordings take longer, and memory would grow until then.
BOUNDS = {"SOCKETLAB_LOG_LINES": "200", "SOCKETLAB_RECORDINGS_BYTES": "8388608"}
COMPLAINTS = ("Traceback", "ERROR", "Exception")


@dataclass(frozen=True)
class Plan:
    """seconds: of load and faults. rehearsal_s: of the same before the first rest. own: tasks
    whose examples run as well. tabs: in Chromium, where there is one."""

    seconds: float
    rehearsal_s: float
    sample_s: float
    seed: int
    own: tuple[str, ...]
    tabs: bool
    say: Callable[[str], None]


def soak(plan: Plan, folder: Path, machine: dict[str, str]) -> Soaked:
    """
    Raises:
        CannotStart: the dashboard or a program does not come up.
    """
    ports = copy_examples(folder / "lab")
    soaked = Soaked(machine)
    with Dashboard(folder, programs=folder / "lab", environment=BOUNDS) as dashboard:
        own = {task: ports[task] for task in plan.own}
        programs = Programs(dashboard, folder / "lab", own)
        plan.say(f"rehearsal: {plan.rehearsal_s:g} s of the same")
        _under_load(plan, plan.rehearsal_s, dashboard, programs, Soaked({}))
        before = _at_rest(dashboard)
        plan.say(f"soak: {plan.seconds:g} s")
        _under_load(plan, plan.seconds, dashboard, programs, soaked)
        soaked.at_rest = (before, _at_rest(dashboard, before))
        soaked.left = verdict.left_at_rest(*soaked.at_rest)
        soaked.complaints = _complaints(list(dashboard.child.lines))
    return soaked


def _under_load(
    plan: Plan, seconds: float, dashboard: Dashboard, programs: Programs, soaked: Soaked
) -> None:
    """Load, faults and tabs for so long; then all programs are stopped."""
    programs.start_all()
    load = Load(_visits(dashboard, programs))
    sampler = Sampler(programs.processes, plan.sample_s)
    with _tabs(plan, dashboard, programs) as looked_by, load, sampler:
        soaked.machine["looked at by"] = looked_by
        soaked.faults = dict(_harm(plan, seconds, programs))
    programs.stop_all()
    soaked.tallies = load.tallies
    lives = sampler.seen()
    warm_up_s = dict.fromkeys(lives, WARM_S) | {DASHBOARD: WARM_PART * seconds}
    judged = [DASHBOARD, *(one.label for one in programs.all if not one.own)]
    soaked.verdicts = list(verdict.verdicts(lives, warm_up_s, judged))


def _harm(plan: Plan, seconds: float, programs: Programs) -> Counter[str]:
    """A fault every few seconds; what is down is started again."""
    rng = random.Random(plan.seed)
    scene = faults.Scene(programs, rng)
    done: Counter[str] = Counter()
    crowded: set[int] = set()
    until = time.monotonic() + seconds
    for fault, program in faults.plan(programs.all, rng):
        due = time.monotonic() + FAULT_EVERY_S
        if time.monotonic() >= until:
            return done
        _crowd_new_ones(scene, crowded)
        fault(scene, program)
        done[fault.__name__] += 1
        programs.start_those_down()
        time.sleep(max(0.0, min(due, until) - time.monotonic()))
    raise AssertionError("the faults have no end")


def _crowd_new_ones(scene: faults.Scene, crowded: set[int]) -> None:
    """Each new server meets a crowd in its warm-up: its pool keeps the threads that one needs, and
    a first crowd later on would look like growth."""
    processes = scene.programs.processes()
    for program in scene.programs.all:
        pid, _ = processes.get(program.label, (0, 0))
        runs = scene.programs.view(program).get("state") == "RUNNING"
        if runs and not program.own and pid not in crowded:
            faults.halves(scene, program)
            crowded.add(pid)


def _visits(dashboard: Dashboard, programs: Programs) -> dict[str, visits.Visit]:
    of_programs = {one.label: visits.visit_of(one) for one in programs.all}
    chats = {
        f"browser's chat {n + 1}": visits.browser_chat(dashboard) for n in range(BROWSER_CHATS)
    }
    return {**of_programs, **chats, "dashboard's pages": visits.pages(dashboard, programs.all)}


@contextlib.contextmanager
def _tabs(plan: Plan, dashboard: Dashboard, programs: Programs) -> Iterator[str]:
    """Four browsers on different tabs, or as many websockets; which of both."""
    views = [(one, programs.view(one).get("tabs", [])) for one in programs.all]
    if plan.tabs:
        paths = ["/", *(f"{one.page}/{tab['name']}" for one, tabs in views for tab in tabs)]
        random.Random(plan.seed).shuffle(paths)
        words = [sys.executable, "-m", "bench.soak.tabs", dashboard.url, str(STAY_S), *paths]
        with Child(words, core=None) as child:
            if child.line_with(LOOKING, BROWSERS_S) is not None:
                yield f"{BROWSERS} browsers (Chromium)"
                return
            plan.say(f"no browsers: {child.last_words()}")
    topics = [[topic for tab in tabs for topic in tab["topics"]] for _, tabs in views]
    with Watchers(dashboard.url, topics[:BROWSERS], STAY_S):
        yield f"{BROWSERS} websockets, as there is no browser"


def _at_rest(dashboard: Dashboard, before: dict[str, float] | None = None) -> dict[str, float]:
    """The figures of a dashboard that nobody uses, given time to come to rest: until they are
    no more than `before`."""
    time.sleep(SETTLE_S)
    deadline = time.monotonic() + REST_S
    while True:
        found = figures(dashboard.child.pid, dashboard.port)
        done = not verdict.left_at_rest(before, found) if before else not found["connections"]
        if done or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def _complaints(lines: list[str]) -> list[str]:
    """From the first error in its log on."""
    first = next((n for n, line in enumerate(lines) if any(w in line for w in COMPLAINTS)), None)
    return [] if first is None else [line.rstrip() for line in lines[first : first + 60]]
