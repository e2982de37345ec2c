"""A sample of the servers with one planted fault, and of those without, as a user checks them.

All of them: `python -m bench.accuracy`.
"""

import difflib
import os
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.accuracy.checking import MARK, Checked, check, marked, open_ports
from bench.accuracy.planting import PLANTED, facts, patched, source
from bench.accuracy.subjects import (
    FOLDER,
    HELD_BACK,
    LAB,
    Subject,
    held_back,
    lab,
    planted,
    strangers,
)
from labservers.checks.texts import causes
from tests.ports import free_port

SAMPLE = (
    "hello_star.py",
    "hello_plain_strict.py",
    "hypotenuse_json.py",
    "hypotenuse_time_limit_one_recv.py",
)
MANY = "subjects_server.py"  # of the lab, with five faults


PORT = re.compile(r"\b12\d{3}\b")


def moved(subject: Subject, ports: re.Pattern[str] = PORT) -> Subject:
    """The same server on another port."""
    port = str(free_port())
    files = {name: ports.sub(port, text) for name, text in subject.files.items()}
    return subject._replace(files=files)


def in_a_folder(name: str) -> Subject:
    """A server of the lab's with its modules, on another port."""
    subject = next(one for one in lab() if one.name == name)
    files = {file.name: file.read_text("utf-8") for file in LAB.glob("*.py")}
    words = (f"{FOLDER}/{name}", *subject.words[1:])
    return moved(subject._replace(words=words, files=files), re.compile(r"\b81\d\d\b"))


@pytest.fixture(scope="module")
def checked() -> dict[str, Checked]:
    """The sample, two at a time: the machine is busy meanwhile. On ports of this worker: another
    one may check the same."""
    subjects = [moved(one) for one in planted() if one.name in SAMPLE]
    subjects.append(in_a_folder(MANY))
    with ThreadPoolExecutor(2) as pool:
        return {one.subject.name: one for one in pool.map(check, subjects)}


@pytest.mark.parametrize("name", [*SAMPLE, MANY])
def test_the_fault_is_found_and_nothing_else_is_said(
    checked: dict[str, Checked], name: str
) -> None:
    one = checked[name]
    assert one.why_not == ""
    assert one.hits, one
    assert not one.accused, one


@pytest.mark.parametrize("name", [*SAMPLE, MANY])
def test_a_check_leaves_nothing_behind(checked: dict[str, Checked], name: str) -> None:
    assert checked[name].left == ()


STRANGERS = {"http.server": "page", "node, a page": "page", "node, a chat": "chat"}


@pytest.fixture(scope="module")
def judged() -> dict[str, Checked]:
    """Servers in other languages and frameworks by their addresses, where those are installed."""
    quick = ("--only", "answers,connect-close,silent")
    subjects = [
        one._replace(words=(*one.words, *quick, "--task", STRANGERS[one.name]))
        for one in strangers()
        if one.name in STRANGERS
    ]
    with ThreadPoolExecutor(len(subjects)) as pool:
        return {one.subject.name: one for one in pool.map(check, subjects)}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_server_in_another_language_is_judged_by_its_address(
    judged: dict[str, Checked], name: str
) -> None:
    one = judged[name]
    if one.why_not:
        pytest.skip(one.why_not)
    assert (one.verdict, dict(one.found), one.left) == ("pass", {}, ())


def test_what_is_planted_is_in_the_catalogue() -> None:
    wanted = {id for one in (*planted(), *held_back()) for id in one.wanted}
    assert wanted <= set(causes())


def test_every_server_of_the_folder_is_listed() -> None:
    assert set(facts()) == {
        f"{path.stem}.py" for path in PLANTED.glob("*.*") if path.suffix in (".py", ".diff")
    }


def test_every_server_that_is_held_back_is_listed() -> None:
    assert {one.name for one in held_back()} == {path.name for path in HELD_BACK.glob("*.py")}


def test_sound_servers_are_files_and_the_others_differences_from_them() -> None:
    for name, known in facts().items():
        path = PLANTED / name
        assert path.exists() == (known["finding"] is None), name
        compile(source(name), name, "exec")


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")), st.integers(0, 3))
def test_a_difference_makes_one_text_of_the_other(old: list[str], new: list[str], n: int) -> None:
    before, after = ([f"{one}\n" for one in lines] for lines in (old, new))
    difference = "".join(difflib.unified_diff(before, after, "a.py", "b.py", n=n))
    assert patched("".join(before), difference) == "".join(after)


def test_a_difference_from_another_text_is_refused() -> None:
    difference = "".join(difflib.unified_diff(["a\n", "b\n"], ["a\n"], "a.py", "b.py"))
    with pytest.raises(ValueError, match="does not fit at line 1"):
        patched("a\nc\n", difference)


def test_no_two_of_them_listen_on_one_port() -> None:
    ports: dict[str, str] = {}
    for name in facts():
        for port in set(PORT.findall(source(name))):
            assert ports.setdefault(port, name) == name


def test_a_process_that_outlives_its_check_is_noticed() -> None:
    words = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={**os.environ, MARK: "one of ours"}) as child:  # fmt: skip
        assert child.stdout
        child.stdout.readline()
        assert list(marked("one of ours")) == [f"process {child.pid}"]
    assert list(marked("one of ours")) == []


def test_a_port_that_is_still_open_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        port = server.getsockname()[1]
        subject = Subject("sound", "a.py", (), files={"a.py": f"server.bind(('', {port}))"})
        assert open_ports(subject) == {f"port {port}"}
    assert open_ports(subject) == set()
