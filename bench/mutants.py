"""Mutation testing: `make mutants`, `python -m bench.mutants [NAME ...]`; see docs/mutants.md.

Each mutant of a module is imported in its place by a process of its own, which runs the module's
unit tests. A mutant that they pass has survived: a test is missing, or the change makes no
difference. Those of the second kind stand in docs/mutants.md with the reason.
"""

import importlib
import importlib.util
import math
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from importlib.abc import ExecutionLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings

from bench.mutations import Mutant, mutants

for large in ("flask_sock", "psutil"):  # not of the lab: imported once, as pytest is
    importlib.import_module(large)
ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "mutants.md"
PROTOCOLS, OBSERVE, LIVES, PROGRAMS = (
    f"tests/{folder}/test_"
    for folder in (
        "labservers/protocols",
        "labservers/observe",
        "dashboard/supervision",
        "dashboard/programs",
    )
)
HTTP11 = [
    f"{PROTOCOLS}http11{part}.py"
    for part in ("_limits", "_message", "", "_against_h11", "_fast", "_fast_edges")
]
# Each module and the tests that speak for it, the quickest first.
TESTS = {
    "dashboard/json_text.py": ["tests/dashboard/test_json_text.py"],
    "dashboard/numbers.py": ["tests/dashboard/test_numbers.py"],
    "dashboard/programs/breaks.py": [f"{PROGRAMS}breaks.py"],
    "dashboard/programs/files.py": [f"{PROGRAMS}files.py"],
    "dashboard/programs/settings.py": [f"{PROGRAMS}settings.py"],
    "dashboard/supervision/failures.py": [f"{LIVES}failures.py"],
    "dashboard/supervision/lifecycle.py": [f"{LIVES}lifecycle.py", f"{LIVES}lives.py"],
    "dashboard/supervision/moves.py": [f"{LIVES}moves.py"],
    "dashboard/turns.py": ["tests/dashboard/test_turns.py"],
    "labservers/observe/addresses.py": [f"{OBSERVE}addresses.py"],
    "labservers/observe/clock.py": [f"{OBSERVE}clock.py"],
    "labservers/observe/deadlocks.py": [f"{OBSERVE}deadlocks.py"],
    "labservers/observe/events.py": [f"{OBSERVE}events.py"],
    "labservers/observe/interest.py": [f"{OBSERVE}interest.py"],
    "labservers/observe/lines.py": [f"{OBSERVE}lines.py"],
    "labservers/observe/messages.py": [f"{OBSERVE}messages.py"],
    "labservers/observe/outcomes.py": [f"{OBSERVE}outcomes.py"],
    "labservers/observe/points.py": [f"{OBSERVE}points.py"],
    "labservers/observe/schema.py": [f"{OBSERVE}schema.py", f"{OBSERVE}messages.py"],
    "labservers/observe/tally.py": [f"{OBSERVE}tally.py"],
    "labservers/observe/text.py": [f"{OBSERVE}text.py"],
    "labservers/observe/variables.py": [f"{OBSERVE}variables.py"],
    "labservers/protocols/chat.py": [
        f"{PROTOCOLS}chat_{part}.py" for part in ("waiting", "cuts", "protocol")
    ],
    "labservers/protocols/http11.py": HTTP11,
    "labservers/protocols/http11_body.py": HTTP11,
    "labservers/protocols/http11_fast.py": HTTP11[::-1],
    "labservers/protocols/http11_head.py": HTTP11,
    "labservers/protocols/http11_message.py": HTTP11,
    "labservers/protocols/hypotenuse.py": [f"{PROTOCOLS}hypotenuse.py"],
    "labservers/protocols/stream.py": [f"{PROTOCOLS}stream.py", f"{PROTOCOLS}http11.py"],
}
WITH_FIXTURES = {"dashboard/supervision/lifecycle.py"}  # the others need none of a conftest.py
PROCESSES = 2
PATIENCE = 20  # times as long as without a change; a mutant that computes has its processor time
PATIENCE_S = 60.0  # at least
MEMORY_BYTES = 2 << 30
QUICK = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "LIVES": "100"}
OPTIONS = [
    *("-o", "addopts=--import-mode=importlib"),  # without plugins, and in the order of the files
    *("-x", "-q", "-p", "no:cacheprovider", "-p", "no:unraisableexception"),
    *("-p", "_hypothesis_pytestplugin", "--hypothesis-profile=mutants"),
]
FORK = multiprocessing.get_context("fork")

settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],  # that a test fails is enough
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Trial:
    """A source in the place of a module. processor_s, patience_s: seconds for its tests, that they
    compute, and in all."""

    path: str
    source: str
    tests: Sequence[str]
    processor_s: int = 120
    patience_s: float = 600.0


class Replaced(MetaPathFinder, ExecutionLoader):
    """Imports one module from another source than its file's."""

    def __init__(self, trial: Trial) -> None:
        self.name = trial.path.removesuffix(".py").replace("/", ".")
        self.path = str(ROOT / trial.path)
        self.source = trial.source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_source(self, fullname: str) -> str:
        return self.source


def run(trial: Trial) -> tuple[int | None, float]:
    """The exit code of pytest, None or a signal's where it had to be ended; processor seconds."""
    before = _processor_s()
    process = FORK.Process(target=_run_tests, args=(trial,))
    process.start()
    process.join(trial.patience_s)
    process.kill()
    code = process.exitcode
    process.join()
    process.close()
    return code, _processor_s() - before


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run_tests(trial: Trial) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    resource.setrlimit(resource.RLIMIT_CPU, (trial.processor_s, trial.processor_s))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    os.environ.update(QUICK)
    os.chdir(ROOT)
    sys.dont_write_bytecode = False  # all that is not changed is compiled once
    sys.meta_path.insert(0, Replaced(trial))
    alone = [] if trial.path in WITH_FIXTURES else ["--noconftest"]
    codes = (pytest.main([*OPTIONS, *alone, tests]) for tests in trial.tests)
    os._exit(next((code for code in codes if code), 0))


def survivors(path: str, pool: ProcessPoolExecutor) -> Iterator[Mutant]:
    """Those that the tests of a module pass; at the end a line of figures is printed.

    One that is out of time has a second trial, with nothing of ours beside it.

    Raises:
        RuntimeError: its tests fail without a change.
    """
    source = (ROOT / path).read_text("utf-8")
    began = time.monotonic()
    code, seconds = pool.submit(run, Trial(path, source, TESTS[path])).result()
    if code != 0:
        raise RuntimeError(f"the tests of {path} fail without a change")
    limits = math.ceil(2 * seconds) + 1, max(PATIENCE_S, PATIENCE * (time.monotonic() - began))
    made = list(mutants(source))
    trials = [Trial(path, mutant.source, TESTS[path], *limits) for mutant in made]
    first = [code for code, _ in pool.map(run, trials)]
    late = survived = 0
    for mutant, trial, code in zip(made, trials, first, strict=True):
        if _is_late(code):
            code, _ = pool.submit(run, replace(trial, processor_s=2 * trial.processor_s)).result()
        late += _is_late(code)
        if code == 0:
            survived += 1
            yield mutant
    ended = f"{len(made) - late - survived} killed, {late} out of time, {survived} survived"
    print(f"{path}: {len(made)} mutants, {ended}", flush=True)


def _is_late(code: int | None) -> bool:
    return code is None or code < 0


def key(path: str, mutant: Mutant) -> str:
    """The name of a mutant in docs/mutants.md, which holds when lines are added."""
    return f"`{Path(path).name}` `{mutant.where}`: `{mutant.change}`"


def main(names: Sequence[str]) -> int:
    """0 where every survivor is listed."""
    chosen = [path for path in TESTS if not names or Path(path).stem in names]
    listed, missing = LIST.read_text("utf-8"), 0
    with ProcessPoolExecutor(PROCESSES, mp_context=FORK) as pool:
        for path in chosen:
            for mutant in survivors(path, pool):
                known = key(path, mutant) in listed
                missing += not known
                if not known:
                    print(f"  {path}:{mutant.line} {key(path, mutant)}", flush=True)
    print(f"{missing} survivors are not listed in docs/mutants.md")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
