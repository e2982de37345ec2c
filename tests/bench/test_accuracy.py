"""The rates of the check: what counts as found, and what as an accusation."""

from typing import Any

from bench.accuracy import report
from bench.accuracy.checking import Checked
from bench.accuracy.subjects import Subject, everything


def checked(
    wanted: set[str], found: dict[str, str], group: str = "planted", **more: Any
) -> Checked:
    name = f"{group}.py"
    verdict = more.pop("verdict", "mend")
    return Checked(Subject(group, name, (), frozenset(wanted)), verdict, found, **more)


def test_a_fault_is_found_by_its_id() -> None:
    assert checked({"one"}, {"one": "must"}).hits
    assert not checked({"one"}, {"other": "must"}).hits
    assert not checked({"one", "two"}, {"one": "must"}).hits


def test_what_is_not_in_the_server_accuses_it_but_for_hints() -> None:
    assert checked({"one"}, {"one": "must", "two": "should"}).accused == {"two"}
    assert not checked({"one"}, {"one": "must", "two": "hint"}).accused
    assert checked(set(), {"one": "must"}, "sound").accused == {"one"}


def test_the_rates() -> None:
    right, wrong = checked({"one"}, {"one": "must"}), checked({"one"}, {"two": "must"})
    assert report.rates([right, right, right, wrong]) == (0.75, 0.75)


def test_the_report_names_what_was_wrong_and_what_has_no_verdict() -> None:
    text = report.markdown(
        [
            checked({"one"}, {"one": "must"}, took_s=2.0),
            checked({"one"}, {"two": "must"}, took_s=3.0, left=("process 1",)),
            checked(set(), {}, "sound", took_s=1.0),
            checked({"one"}, {}, verdict="", why_not="not within 300 s"),
            checked(set(), {}, "strangers", why_not="node is not installed"),
        ],
        {"machine": "one"},
    )
    assert "| planted faults that were found by their id | 33.3% | 95% |" in text
    assert "| small servers with nothing else said of them | 75.0% | 95% |" in text
    assert "| checks that left a process, a port or a file | 1 | 0 |" in text
    assert "| planted.py | one | two | 1 |" in text
    assert "- without a verdict: planted.py: not within 300 s" in text
    assert "- without a verdict: strangers.py: node is not installed" in text


def test_every_kind_of_server_is_checked() -> None:
    groups = [one.group for one in everything()]
    assert set(groups) == set(report.TITLES)
    assert groups.count("planted") >= 60
    assert groups.count("sound") >= 20
