"""A sample of the servers with one planted fault, and of those without, as a user checks them.

All of them: `python -m bench.accuracy`.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.accuracy.checking import MARK, Checked, check, marked
from bench.accuracy.subjects import PLANTED, planted
from labservers.checks.texts import causes

SAMPLE = (
    "hello_star.py",
    "hello_plain_strict.py",
    "hypotenuse_json.py",
    "hypotenuse_time_limit_one_recv.py",
    "page_poll_characters.py",
)


@pytest.fixture(scope="module")
def checked() -> dict[str, Checked]:
    """The sample, two at a time: the machine is busy meanwhile."""
    subjects = [one for one in planted() if one.name in SAMPLE]
    with ThreadPoolExecutor(2) as pool:
        return {one.subject.name: one for one in pool.map(check, subjects)}


@pytest.mark.parametrize("name", SAMPLE)
def test_the_fault_is_found_and_nothing_else_is_said(
    checked: dict[str, Checked], name: str
) -> None:
    one = checked[name]
    assert one.why_not == ""
    assert one.hits, one
    assert not one.accused, one


@pytest.mark.parametrize("name", SAMPLE)
def test_a_check_leaves_nothing_behind(checked: dict[str, Checked], name: str) -> None:
    assert checked[name].left == ()


def test_what_is_planted_is_in_the_catalogue() -> None:
    wanted = {id for one in planted() for id in one.wanted}
    assert wanted <= set(causes())


def test_every_server_of_the_folder_is_listed() -> None:
    facts = json.loads((PLANTED / "planted.json").read_text("utf-8"))
    assert set(facts) == {path.name for path in PLANTED.glob("*.py")}


def test_no_two_of_them_listen_on_one_port() -> None:
    ports: dict[str, str] = {}
    for path in sorted(PLANTED.glob("*.py")):
        for port in set(re.findall(r"\b12\d{3}\b", path.read_text("utf-8"))):
            assert ports.setdefault(port, path.name) == path.name


def test_a_process_that_outlives_its_check_is_noticed() -> None:
    words = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={**os.environ, MARK: "one of ours"}) as child:  # fmt: skip
        assert child.stdout
        child.stdout.readline()
        assert list(marked("one of ours")) == [f"process {child.pid}"]
    assert list(marked("one of ours")) == []
