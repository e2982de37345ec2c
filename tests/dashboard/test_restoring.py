"""What ran is remembered as it starts and ends, and started again by the dashboard that serves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import NotNow, UnknownServer
from dashboard.restoring import Ran, start_again
from dashboard.supervision.lifecycle import State

S = State


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "restore.json"


def kept(path: Path) -> list[str]:
    ran: list[str] = json.loads(path.read_text())["ran"]
    return ran


def serving(path: Path, clock: Clock | None = None) -> Ran:
    ran = Ran(path, True, clock or Clock())
    ran.serve()
    return ran


def test_the_file_is_true_at_every_moment(path: Path) -> None:
    ran = serving(path)
    for name, state, after in [
        ("chat", S.STARTING, ["chat"]),
        ("page", S.STARTING, ["chat", "page"]),
        ("chat", S.RUNNING, ["chat", "page"]),
        ("chat", S.FROZEN, ["chat", "page"]),
        ("chat", S.BACKOFF, ["chat", "page"]),
        ("page", S.STOPPING, ["chat"]),
        ("page", S.STOPPED, ["chat"]),
        ("chat", S.FAILED, []),
        ("own", S.RUNNING, ["own"]),
        ("own", None, []),
    ]:
        ran.moved(name, state)
        assert kept(path) == after


def test_it_comes_back_once_and_only_where_it_is_wanted(path: Path) -> None:
    serving(path).moved("chat", S.RUNNING)  # and is killed
    again = Ran(path, False)
    assert again.wanted
    assert (again.serve(), again.serve()) == (["chat"], [])
    assert kept(path) == ["chat"]  # also if it ends before the start
    again.choose(False)
    assert Ran(path, True).serve() == []
    assert not Ran(path, True).wanted


def test_a_choice_that_is_made_late_counts_for_what_runs(path: Path) -> None:
    ran = Ran(path, False)
    ran.serve()
    ran.moved("chat", S.RUNNING)
    assert not path.exists()
    ran.choose(True)
    assert kept(path) == ["chat"]


def test_a_command_that_reads_the_folder_changes_nothing(path: Path) -> None:
    serving(path).moved("chat", S.RUNNING)
    command = Ran(path, True)
    command.moved("chat", S.STOPPED)
    command.moved("page", S.RUNNING)
    command.end()
    assert kept(path) == ["chat"]


def test_what_the_end_stops_ran(path: Path) -> None:
    ran = serving(path)
    ran.moved("chat", S.RUNNING)
    ran.end()
    ran.moved("chat", S.STOPPING)
    ran.moved("chat", S.STOPPED)
    ran.end()
    assert kept(path) == ["chat"]


def test_what_ended_together_with_the_dashboard_ran(path: Path) -> None:
    clock = Clock()
    ran = serving(path, clock)
    for name in ("early", "late", "asked"):
        ran.moved(name, S.RUNNING)
    ran.moved("early", S.STOPPED)
    clock.now += 10
    ran.moved("late", S.FAILED)
    ran.moved("asked", S.STOPPING)
    ran.moved("asked", S.STOPPED)
    clock.now += 1
    ran.end()
    assert kept(path) == ["late"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"wanted": 1, "ran": []}', "\0", '{"ran": 1}'])
def test_a_file_that_cannot_be_used_counts_as_none(path: Path, text: str) -> None:
    path.write_text(text)
    assert Ran(path, True).wanted
    assert Ran(path, True).serve() == []


def test_names_that_are_not_texts_are_passed_over(path: Path) -> None:
    path.write_text('{"wanted": true, "ran": ["chat", 5, null]}')
    assert Ran(path, False).serve() == ["chat"]


def test_a_folder_that_cannot_be_written_costs_the_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = serving(tmp_path / "file" / "restore.json")
    ran.moved("chat", S.RUNNING)
    ran.choose(False)


class Programs:
    """Programs whose starts end as a test says: a reason, or nothing for a success."""

    def __init__(self, **ends: list[str]) -> None:
        self.ends = ends
        self.starts: list[str] = []
        self.forgotten = ""
        self._reason: dict[str, str] = {}

    def start(self, name: str) -> bool:
        if name not in self.ends:
            raise UnknownServer(f"there is no program {name}", "")
        self.starts.append(name)
        self._reason[name] = self.ends[name].pop(0)
        return True

    def view(self, name: str) -> dict[str, Any]:
        reason = self._reason[name]
        return {"failure": {"reason": reason} if reason else None}

    def wait_settled(self, name: str, timeout_s: float) -> bool:
        if name == self.forgotten:
            raise UnknownServer(f"there is no program {name}", "")
        return True


def says_nothing(*_: Any, **__: Any) -> None: ...


def test_one_that_is_forgotten_while_it_starts_holds_up_no_other() -> None:
    programs = Programs(forgotten=["port_in_use"], fine=[""])
    programs.forgotten = "forgotten"
    gone: list[str] = []
    start_again(["forgotten", "fine"], programs, says_nothing, gone.append, 1.0, lambda _: None)
    assert (programs.starts, gone) == (["forgotten", "fine"], [])


def test_a_port_that_the_last_process_still_holds_is_waited_for() -> None:
    news: list[Any] = []
    pauses: list[float] = []
    gone: list[str] = []
    programs = Programs(fine=[""], held=["port_in_use", "port_in_use", ""], broken=["exited"])
    start_again(
        ["fine", "gone", "held", "broken"],
        programs,
        lambda *entry, **more: news.append((*entry, *more)),
        gone.append,
        1.0,
        pauses.append,
    )
    assert programs.starts == ["fine", "held", "broken", "held", "held"]
    assert (pauses, gone) == ([1.0, 1.0], ["gone"])
    assert [(name, code) for name, code, *_ in news] == [
        ("fine", "restored"),
        (None, "not_restored"),
        ("held", "restored"),
        ("broken", "restored"),
    ]


def test_a_port_of_somebody_else_is_not_tried_for_ever() -> None:
    programs = Programs(held=["port_in_use"] * 9)
    start_again(["held"], programs, says_nothing, says_nothing, 1.0, lambda s: None)
    assert len(programs.starts) == 4


@pytest.fixture
def ran(path: Path) -> list[str]:
    """What the last dashboard has left; to be asked for before the `lab` that reads it."""
    names = ["gone", "name", "\ud800", "hello"]
    path.write_text(json.dumps({"wanted": True, "ran": names}))
    return names


def test_programs_that_are_gone_are_news_and_the_others_start(
    ran: list[str], path: Path, lab: Any, eventually: Callable[..., Any]
) -> None:
    lab.serve()
    eventually(lambda: lab.supervisor.view("hello")["state"] == "RUNNING", timeout_s=30)

    def told() -> list[Any]:
        return [e for e in lab.snapshot()["feed"] if e["code"] in ("restored", "not_restored")]

    feed = eventually(lambda: len(news := told()) == len(ran) and news)
    assert [(e["name"], e["code"], e["args"].get("name")) for e in feed] == [
        *((None, "not_restored", name) for name in ran[:-1]),
        ("hello", "restored", None),
    ]
    eventually(lambda: kept(path) == ["hello"])  # said once
    lab.close()
    assert Ran(path, False).serve() == ["hello"]


def test_one_that_cannot_be_started_now_is_asked_for_again() -> None:
    class Refusing(Programs):
        def start(self, name: str) -> bool:
            raise NotNow(f"{name} is ending", "wait")

    gone: list[str] = []
    start_again(["held"], Refusing(), says_nothing, gone.append, 1.0, lambda _: None)
    assert gone == []


def test_what_was_let_go_at_the_end_of_the_dashboard_does_not_come_back(path: Path) -> None:
    ran = serving(path)
    for name in ("gone", "stopped first", "ended"):
        ran.moved(name, S.RUNNING)
    for name in ("stopped first", "ended"):
        ran.moved(name, S.STOPPED)
    for name in ("gone", "stopped first"):
        ran.moved(name, None)
    ran.end()
    assert kept(path) == ["ended"]
