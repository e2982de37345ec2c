"""`python -m bench.accuracy`: checks servers with known faults, and says how often it is right.

Several checks run at a time, so that the machine is loaded. The report goes to the terminal, and
with --write between the marks of docs/accuracy.md. ^C ends it early: what was checked is reported.
"""

import argparse
import contextlib
import fnmatch
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import report as marks
from bench.accuracy import report
from bench.accuracy.checking import Checked, check
from bench.accuracy.planting import ROOT
from bench.accuracy.subjects import Subject, everything
from bench.figures import median
from bench.machine import facts

DOCS = ROOT / "docs/accuracy.md"


def main() -> int:
    """0 where every planted fault was found and nothing else was said, 1 otherwise."""
    options = _options()
    began, before = time.monotonic(), facts()
    subjects = [one for one in everything(guess=options.guess) if _chosen(one, options.only)]
    checked = _checked(subjects, options.runs, options.at_once)
    machine = {
        "command": f"python -m bench.accuracy {' '.join(sys.argv[1:])}".strip(),
        **before,
        "load meanwhile": _loads(checked),
        "checks": f"{len(checked)} of {len(subjects) * options.runs}, {options.at_once} at a time",
        "duration": f"{time.monotonic() - began:.0f} s",
    }
    text = report.markdown(checked, machine)
    print(text)
    if options.write:
        DOCS.write_text(marks.into_readme(DOCS.read_text("utf-8"), text), "utf-8")
    return int(any(not one.hits or one.accused or one.left for one in checked))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="how often each is checked")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="checks at a time")
    parser.add_argument("--guess", action="store_true", help="do not say the task")
    parser.add_argument("--write", action="store_true", help=f"into {DOCS.relative_to(ROOT)}")
    parser.add_argument("only", nargs="*", metavar="NAME",
                        help="groups or names of servers, with * and ?")  # fmt: skip
    return parser.parse_args()


def _chosen(subject: Subject, only: list[str]) -> bool:
    names = (subject.group, subject.name, Path(subject.name).stem)
    return not only or any(fnmatch.fnmatch(name, one) for one in only for name in names)


def _checked(subjects: list[Subject], runs: int, at_once: int) -> list[Checked]:
    """Run after run: two checks of one server at a time would want the same port. ^C ends it when
    the checks under way have ended."""
    checked: list[Checked] = []
    with contextlib.suppress(KeyboardInterrupt), ThreadPoolExecutor(at_once) as pool:
        for _ in range(runs):
            for one in pool.map(check, subjects):
                checked.append(one)
                number = f"{len(checked)}/{len(subjects) * runs}"
                print(f"{number} {_line(one)}", file=sys.stderr, flush=True)
    return checked


def _loads(checked: list[Checked]) -> str:
    """The load averages of one minute at the ends of the checks (getloadavg(3))."""
    loads = sorted(one.load for one in checked) or [0.0]
    return f"{loads[0]:.0f} to {loads[-1]:.0f}, median {median(loads):.0f}"


def _line(one: Checked) -> str:
    if one.why_not:
        return f"{one.subject.name}: {one.why_not}"
    remarks = {
        "not found": one.subject.wanted - set(one.found),
        "said": one.accused,
        "left": one.left,
    }
    words = [f"{word}: {', '.join(sorted(names))}" for word, names in remarks.items() if names]
    return f"{one.subject.name} {one.took_s:.0f} s {'; '.join(words) or 'right'}"


if __name__ == "__main__":
    sys.exit(main())
