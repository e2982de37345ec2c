"""`python -m bench`: ours beside its peers, in one run; see bench/README.md."""

import argparse
import json
import signal
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from types import FrameType

from bench import report, sections
from bench.arena import Run
from bench.children import end_all
from bench.environment import PeerEnvironment
from bench.machine import choose_cores, facts, on_core
from bench.results import Results, from_dict

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
INTERRUPTED = 130


def main() -> int:
    """0 when the run came to its end, 130 when it was interrupted."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        results = _read(options.from_file) if options.from_file else _measure(options)
    except KeyboardInterrupt:
        _say("interrupted; nothing is left running")
        return INTERRUPTED
    finally:
        end_all()
    text = report.markdown(results, sections.all_bars())
    print(text)
    if options.write_readme:
        README.write_text(report.into_readme(README.read_text("utf-8"), text), "utf-8")
        _say(f"written into {README}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, about six minutes")
    parser.add_argument("--only", type=_sections, default=list(sections.NAMES), metavar="NAME,NAME",
                        help=f"some of {','.join(sections.NAMES)}")  # fmt: skip
    parser.add_argument("--rounds", type=_rounds, default=0, help="5, or 3 with --quick")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder for the results")
    parser.add_argument("--write-readme", action="store_true", help="put the report into README.md")
    parser.add_argument("--from", dest="from_file", type=Path, metavar="FILE.json",
                        help="do not measure, report what was written before")  # fmt: skip
    return parser.parse_args()


def _sections(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in sections.NAMES:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(sections.NAMES)}")
    return names


def _rounds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 3 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 999")
    return int(text)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Once: what is on its way to its end is not to be interrupted in that."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _read(path: Path) -> Results:
    try:
        return from_dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{path} cannot be read as results: {error}")


def _measure(options: argparse.Namespace) -> Results:
    """Measure the chosen sections and write the results as they come."""
    began = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    cores = choose_cores()
    results = Results({**facts(), "cores": cores.words})
    peers = PeerEnvironment(_say)
    results.machine["peers"] = ", ".join(" ".join(pair) for pair in peers.versions.items())
    rounds = options.rounds or (3 if options.quick else 5)
    results.machine["rounds"] = f"{rounds}{', quick' if options.quick else ''}"
    stem = options.out / datetime.now().strftime("%Y-%m-%d-%H%M%S")
    with tempfile.TemporaryDirectory(dir=options.out) as folder, on_core(cores.load):
        run = Run(options.quick, rounds, cores, Path(folder), peers, _say, results.notes)
        for name in options.only:
            _say(f"{name} ({time.monotonic() - began:.0f} s)")
            results.tables += sections.load(name).measure(run)
            _write(results, stem)
    results.machine["duration"] = f"{time.monotonic() - began:.0f} s"
    _write(results, stem)
    return results


def _write(results: Results, stem: Path) -> None:
    stem.with_suffix(".json").write_text(json.dumps(results.as_dict(), indent=1), "utf-8")
    stem.with_suffix(".md").write_text(report.markdown(results, sections.all_bars()), "utf-8")
    _say(f"  written to {stem}.md and .json")


if __name__ == "__main__":
    sys.exit(main())
