"""`python -m bench.soak`: a dashboard and all its programs under load, faults and tabs.

Every few seconds a fault: a program is killed, frozen, restarted, paused or checked, or meets
resets, half requests and garbage. The report says what grew meanwhile; it goes to the terminal,
and with its JSON into bench/results/.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from bench.arena import CannotStart
from bench.children import end_all
from bench.machine import facts
from bench.soak import report
from bench.soak.programs import PORTS
from bench.soak.soaking import Plan, soak

HERE = Path(__file__).resolve().parent.parent
MINUTES = 10.0
REHEARSAL_PART, REHEARSAL_MOST_S = 0.25, 30.0
SAMPLE_S = 1.0
INTERRUPTED = 130


def main(words: list[str] | None = None) -> int:
    """0 where nothing grew and nothing was wrong, 1 otherwise, 130 when it was interrupted."""
    options = _options(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with us
    began = time.monotonic()
    plan = _plan(options)
    machine = {"command": f"python -m bench.soak {' '.join(sys.argv[1:])}".strip(), **facts()}
    try:
        with tempfile.TemporaryDirectory() as folder:
            soaked = soak(plan, Path(folder), machine)
    except CannotStart as error:
        _say(f"the soak cannot begin: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; nothing is left running")
        return INTERRUPTED
    finally:
        end_all()
    machine["duration"] = f"{time.monotonic() - began:.0f} s"
    print(report.text(soaked))
    _write(soaked, options.out)
    return int(bool(soaked.found()))


def _options(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of load and faults")
    parser.add_argument("--seed", type=int, default=1, help="of the faults and their order")
    parser.add_argument("--own", type=_tasks, default=tuple(PORTS), metavar="TASK,TASK",
                        help="examples that run as a user's programs; all of them")  # fmt: skip
    parser.add_argument("--no-tabs", action="store_true", help="websockets in place of browsers")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the report")
    return parser.parse_args(words)


def _tasks(text: str) -> tuple[str, ...]:
    tasks = tuple(text.split(",")) if text else ()
    for task in tasks:
        if task not in PORTS:
            raise argparse.ArgumentTypeError(f"{task!r} is not one of {', '.join(PORTS)}")
    return tasks


def _plan(options: argparse.Namespace) -> Plan:
    seconds = 60 * options.minutes
    return Plan(
        seconds,
        min(REHEARSAL_MOST_S, REHEARSAL_PART * seconds),
        SAMPLE_S,
        options.seed,
        options.own,
        not options.no_tabs,
        _say,
    )


def _write(soaked: report.Soaked, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"soak-{datetime.now().strftime('%Y-%m-%d-%H%M%S')}"
    stem.with_suffix(".json").write_text(json.dumps(report.as_dict(soaked), indent=1), "utf-8")
    stem.with_suffix(".md").write_text(report.text(soaked), "utf-8")
    _say(f"written to {stem}.md and .json")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
