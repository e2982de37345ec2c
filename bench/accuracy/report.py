"""The rates as markdown. No I/O."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import isnan, nan

from bench.accuracy.checking import Checked
from bench.figures import median

TITLES = {
    "planted": "with one planted fault",
    "sound": "without a fault",
    "held-back": "held back until the check was done",
    "lab": "the lab's own (`examples/lab`)",
    "ours": "the five servers, in every model",
    "strangers": "by `--address`: other languages and frameworks",
}
WANTED = 0.95
SOUND_S, HANGS_S = 20.0, 60.0


def markdown(checked: Sequence[Checked], machine: Mapping[str, str]) -> str:
    """The whole report. A check without a verdict has found nothing, but for a server that is not
    there to be checked."""
    judged = [one for one in checked if not one.why_not or one.subject.group != "strangers"]
    parts = [
        "\n".join(f"- {name}: {value}" for name, value in machine.items()),
        _summary(judged),
        _groups(judged),
        _missed(judged),
        _by_cause(one for one in judged if one.subject.group == "planted"),
        _left_out(checked),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def rates(checked: Iterable[Checked]) -> tuple[float, float]:
    """Which part had all of its faults found, and which part had nothing else said of it; nan
    where none was checked."""
    all_of = list(checked)
    if not all_of:
        return nan, nan
    hits, clean = (sum(one.hits for one in all_of), sum(not one.accused for one in all_of))
    return hits / len(all_of), clean / len(all_of)


def _summary(judged: Sequence[Checked]) -> str:
    small = [one for one in judged if one.subject.group in ("planted", "sound")]
    found, _ = rates(one for one in small if one.subject.wanted)
    _, clean = rates(small)
    left = sum(bool(one.left) for one in judged)
    sound_s = [one.took_s for one in judged if one.subject.group in ("sound", "ours")]
    slowest_s = max((one.took_s for one in judged), default=0.0)
    rows = [
        ["planted faults that were found by their id", _part(found), f"{WANTED:.0%}"],
        ["small servers with nothing else said of them", _part(clean), f"{WANTED:.0%}"],
        ["checks that left a process, a port or a file", str(left), "0"],
        ["the slowest check of a server without a fault", f"{max(sound_s, default=0):.1f} s",
         f"{SOUND_S:.0f} s"],
        ["the slowest check of all", f"{slowest_s:.1f} s", f"{HANGS_S:.0f} s"],
    ]  # fmt: skip
    return _grid([["", "seen", "wanted"], *rows])


def _groups(judged: Sequence[Checked]) -> str:
    rows = [["servers", "checks", "all found", "nothing else", "median", "slowest"]]
    for group, title in TITLES.items():
        of_it = [one for one in judged if one.subject.group == group]
        if of_it:
            times = [one.took_s for one in of_it]
            found, clean = rates(of_it)
            rows.append([title, str(len(of_it)), _part(found), _part(clean),
                         f"{median(times):.1f} s", f"{max(times):.1f} s"])  # fmt: skip
    return _grid(rows)


def _missed(judged: Sequence[Checked]) -> str:
    """Each check that was not right, and how often it was not."""
    lines: Counter[tuple[str, str, str]] = Counter()
    for one in judged:
        if not one.hits or one.accused:
            missing = ", ".join(sorted(one.subject.wanted - set(one.found)))
            lines[one.subject.name, missing, ", ".join(sorted(one.accused))] += 1
    if not lines:
        return "Every check was right."
    rows = [[name, missing or "-", said or "-", str(n)] for (name, missing, said), n in
            sorted(lines.items())]  # fmt: skip
    return _grid([["server", "not found", "said instead", "times"], *rows])


def _by_cause(judged: Iterable[Checked]) -> str:
    of_cause: defaultdict[str, list[Checked]] = defaultdict(list)
    for one in judged:
        of_cause[next(iter(one.subject.wanted))].append(one)
    rows = [[f"`{cause}`", str(len({one.subject.name for one in of_it})), _part(rates(of_it)[0])]
            for cause, of_it in sorted(of_cause.items())]  # fmt: skip
    return _grid([["cause", "servers", "found"], *rows]) if rows else ""


def _left_out(checked: Sequence[Checked]) -> str:
    why = {one.subject.name: one.why_not for one in checked if one.why_not}
    return "\n".join(f"- without a verdict: {name}: {reason}" for name, reason in why.items())


def _part(part: float) -> str:
    return "-" if isnan(part) else f"{part:.1%}"


def _grid(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *rest])
