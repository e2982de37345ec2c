"""Results as markdown: the bars, the tables, the machine. No I/O."""

from collections.abc import Sequence

from bench.bars import Bar, Verdict, judge
from bench.figures import median, readable
from bench.results import OURS, Results, Row, Table

BEGIN, END = "<!-- results begin -->", "<!-- results end -->"


def markdown(results: Results, bars: Sequence[Bar]) -> str:
    """The whole report."""
    parts = [_machine(results), _bars(judge(results, bars))]
    parts += [_table(table) for table in results.tables]
    if results.notes:
        parts.append("\n".join(f"- {note}" for note in results.notes))
    return "\n\n".join(parts) + "\n"


def into_readme(text: str, written: str) -> str:
    """A text with the report between its two marks.

    Raises:
        ValueError: they are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} and {END} in it")
    return f"{before}{BEGIN}\n\n{written}\n{END}{after}"


def _machine(results: Results) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in results.machine.items())


def _bars(verdicts: Sequence[Verdict]) -> str:
    measured = [verdict for verdict in verdicts if verdict.status != "not measured"]
    lines = [
        ["what", "beside", "measured", "wanted", ""],
        *([v.bar.name, v.peer or "-", v.measured, v.wanted, _bold(v)] for v in measured),
    ]
    counts = {word: sum(v.status == word for v in verdicts) for word in ("met", "missed")}
    title = f"### Bars: {counts['met']} met, {counts['missed']} missed"
    if len(measured) < len(verdicts):
        title += f", {len(verdicts) - len(measured)} not measured"
    return f"{title}\n\n{_grid(lines)}"


def _bold(verdict: Verdict) -> str:
    return "**missed**" if verdict.status == "missed" else verdict.status


def _table(table: Table) -> str:
    columns = list(dict.fromkeys(name for row in table.rows.values() for name in row.more))
    columns = [
        name for name in columns if any(any(r.more.get(name, [])) for r in table.rows.values())
    ]
    compared = len(table.of(OURS)) > 0 and len(table.rows) > 1 and table.unit.endswith("/s")
    head = ["", f"{table.unit}, median", "min to max", *(["ours / it"] if compared else [])]
    lines = [[*head, *columns, ""]]
    for name, row in _ordered(table):
        if row.values:
            lines.append(_line(table, name, row, columns, compared=compared))
    left_out = [f"- left out: {name}: {why}" for name, why in table.left_out.items()]
    return "\n".join(
        [f"### {table.title}", "", _grid(lines), *([""] if left_out else []), *left_out]
    )


def _ordered(table: Table) -> list[tuple[str, Row]]:
    """The best first."""
    return sorted(
        table.rows.items(),
        key=lambda entry: median(entry[1].values) if entry[1].values else 0.0,
        reverse=table.better == "more",
    )


def _line(table: Table, name: str, row: Row, columns: list[str], *, compared: bool) -> list[str]:
    ratio = "-" if name == OURS else readable(table.against(name))
    return [
        f"**{name}**" if name == OURS else name,
        readable(median(row.values)),
        f"{readable(min(row.values))} to {readable(max(row.values))}",
        *([ratio] if compared else []),
        *(readable(median(row.more.get(column, []))) for column in columns),
        row.note,
    ]


def _grid(lines: Sequence[Sequence[str]]) -> str:
    """A markdown table; the first line is its head, and all but the first column are figures."""
    head, *rest = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    rule = ["---", *("---:" for _ in head[1:-1]), "---"]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rest))
