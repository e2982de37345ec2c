"""The harness's pure parts: statistics, wrk's report, bars, markdown, JSON there and back."""

import json
import math

import pytest

from bench import bars, figures, report, results, sections, wrk
from bench.bars import Bar
from bench.results import OURS, Results, Row, Table

WRK = """Running 1s test @ http://127.0.0.1:21000/subjects/1
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.93ms    1.02ms  24.93ms   97.56%
    Req/Sec    76.32k     5.03k   81.86k    90.91%
  Latency Distribution
     50%  748.00us
     75%    0.88ms
     90%    1.32ms
     99%    4.95ms
  83396 requests in 1.10s, 209.97MB read
Requests/sec:  75815.43
Transfer/sec:    190.88MB
"""
TROUBLE = "  Socket errors: connect 1, read 20, write 300, timeout 4000\n"
WRONG = "  Non-2xx or 3xx responses: 17\n"


def table(better: str = "more", **values: list[float]) -> Table:
    rows = {name.replace("_", " "): Row(values) for name, values in values.items()}
    return Table("t", "a title", "answers/s", better, rows)


def verdict(measured: Table | None, **fields: object) -> bars.Verdict:
    wanted = Bar(**{"name": "a bar", "table": "t", "bound": 1.0, **fields})
    (judged,) = bars.judge(Results({}, [measured] if measured else []), [wanted])
    return judged


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 2), (0.51, 3), (0.99, 4), (1.0, 4)]
)
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert figures.percentile([4, 1, 3, 2], share) == expected


def test_without_values_there_is_no_figure() -> None:
    assert math.isnan(figures.median([]))
    assert math.isnan(figures.percentile([], 0.5))
    assert math.isnan(figures.ratio([1.0], []))
    assert math.isnan(figures.ratio([1.0], [0.0]))
    assert figures.readable(math.nan) == "-"


def test_a_ratio_is_of_medians() -> None:
    assert figures.ratio([1, 10, 100], [5, 4, 900]) == 2


def test_what_was_looked_at_in_one_round_becomes_one_value() -> None:
    rate = table(lab=[])
    rate.row("ours").add(7.0, p99=1.0)
    with rate.round():
        for look in (1.0, 2.0, 6.0):
            rate.row("ours").add(look, p99=10 * look)
        rate.row("new").add(4.0)
    assert rate.of("ours") == [7.0, 3.0]
    assert rate.row("ours").more == {"p99": [1.0, 30.0]}
    assert (rate.of("lab"), rate.of("new")) == ([], [4.0])
    with rate.round():
        pass
    assert rate.of("ours") == [7.0, 3.0]


def test_everybody_is_first_once() -> None:
    turns = [figures.rotated(["a", "b", "c"], turn) for turn in range(4)]
    assert turns == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]
    assert figures.rotated([], 3) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0.00"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (75_815.4, "75,815")],
)
def test_figures_are_readable(value: float, expected: str) -> None:
    assert figures.readable(value) == expected


def test_processor_time_for_each() -> None:
    assert figures.each_us(50.0, 10_000.0) == 50.0  # half a second of 10,000 is 50 us each
    assert math.isnan(figures.each_us(50.0, 0.0))


def test_wrk_is_read() -> None:
    assert wrk.parse(WRK) == wrk.Report(75_815.43, 1.1, 0.748, 83_396, 0, 0)
    assert wrk.parse(WRK).clean


def test_failures_in_wrk_are_read() -> None:
    found = wrk.parse(WRK + TROUBLE + WRONG)
    assert (found.errors, found.bad, found.clean) == (4_321, 17, False)


@pytest.mark.parametrize(("text", "ms"), [("812.00us", 0.812), ("1.50s", 1500), ("2.00m", 120_000)])
def test_units_of_wrk(text: str, ms: float) -> None:
    assert wrk.parse(WRK.replace("748.00us", text)).p50_ms == pytest.approx(ms)


def test_what_is_no_report_of_wrk() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        wrk.parse("unable to connect to 127.0.0.1:1 Connection refused")


@pytest.mark.parametrize(("ours", "status"), [(12.0, "met"), (11.0, "met"), (10.9, "missed")])
def test_a_ratio_at_least(ours: float, status: str) -> None:
    judged = verdict(table(ours=[ours], a=[10.0]), bound=1.1, peers=("a",))
    assert (judged.status, judged.peer) == (status, "a")


def test_the_best_peer_counts_and_one_that_is_missing_does_not() -> None:
    judged = verdict(table(ours=[30.0], a=[10.0], b=[20.0]), peers=("a", "b", "c"))
    assert (judged.peer, judged.value) == ("b", 1.5)


def test_where_less_is_better_the_best_is_the_smallest() -> None:
    judged = verdict(table("less", ours=[30.0], a=[10.0], b=[20.0]), sign="<=", peers=("a", "b"))
    assert (judged.peer, judged.value, judged.status) == ("a", 3.0, "missed")


def test_a_bound_for_ours_alone() -> None:
    judged = verdict(table("less", ours=[1.0, 3.0, 2.0]), bound=2.0, sign="<=", unit=" KiB")
    assert (judged.status, judged.measured, judged.wanted) == ("met", "2.00 KiB", "<= 2 KiB")


@pytest.mark.parametrize(
    ("ours", "status"), [(0.9, "met"), (1.0, "missed"), (1.1, "missed"), (0.0, "met")]
)
def test_below_every_peer(ours: float, status: str) -> None:
    measured = table("less", ours=[ours], a=[1.0], b=[2.0])
    assert verdict(measured, sign="<", peers=("a", "b")).status == status


def test_when_nothing_is_lost_anywhere_ours_is_below_enough() -> None:
    assert verdict(table("less", ours=[0.0], a=[0.0]), sign="<", peers=("a",)).status == "met"


@pytest.mark.parametrize("measured", [None, table(a=[1.0]), table(ours=[1.0])])
def test_what_was_not_measured_is_neither_met_nor_missed(measured: Table | None) -> None:
    assert verdict(measured, peers=("a",)).status == "not measured"


def test_every_bar_has_a_name_of_its_own_beside_its_peer() -> None:
    names = [(bar.name, bar.peers) for bar in sections.all_bars()]
    assert len(names) == len(set(names))


def test_the_report_has_bars_tables_and_who_was_left_out() -> None:
    measured = Table("get", "GET", "requests/s")
    measured.row(OURS).add(100.0, failed=0.0)
    measured.row("asyncio Protocol").add(100.0, failed=3.0)
    measured.left_out["nginx"] = "not installed"
    bar = Bar("GET", "get", 1.1, peers=("asyncio Protocol",))
    text = report.markdown(Results({"date": "today"}, [measured], ["a note"]), [bar])
    assert "- date: today" in text
    assert "| GET | asyncio Protocol | 1.00 | >= 1.1 | **missed** |" in text
    assert "Bars: 0 met, 1 missed" in text
    assert "| asyncio Protocol | 100 | 100 to 100 | 1.00 | 3.00 |  |" in text
    assert "- left out: nginx: not installed" in text
    assert "- a note" in text


def test_the_best_stands_first() -> None:
    for better, first in (("more", "b"), ("less", "a")):
        text = report.markdown(Results({}, [table(better, a=[1.0], b=[2.0])]), [])
        lines = [line for line in text.splitlines() if line.startswith(("| a ", "| b "))]
        assert lines[0].startswith(f"| {first} ")


def test_results_survive_json() -> None:
    before = Results({"date": "today"}, [table(ours=[1.0, 2.0])], ["a note"])
    before.tables[0].row(OURS).add(3.0, failed=1.0)
    assert results.from_dict(json.loads(json.dumps(before.as_dict()))) == before


def test_the_readme_keeps_what_is_around_the_results() -> None:
    text = f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n"
    written = report.into_readme(text, "today\n")
    assert written.startswith(f"above\n{report.BEGIN}\n")
    assert written.endswith(f"{report.END}\nbelow\n")
    assert "today" in written
    assert "old" not in written
    assert report.into_readme(written, "today\n") == written


def test_a_readme_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="results begin"):
        report.into_readme("nothing", "today")


def test_a_ratio_is_judged_as_it_is_printed() -> None:
    judged = verdict(table(ours=[149.6], a=[100.0]), bound=1.5, peers=("a",))
    assert (judged.measured, judged.status) == ("1.50", "met")
