"""Checks as the dashboard runs them, with processes that are made up: begun, heard, kept, ended."""

import errno
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import create_app
from dashboard.checks.checks import MOST_AT_ONCE, Checks
from dashboard.checks.kept import Kept, Report
from dashboard.errors import BadInput, NotNow, NotRunning
from dashboard.programs.files import OwnFile, Stamp
from dashboard.troubles import Troubles
from labservers.checks import report_html, report_junit
from labservers.checks.report_json import as_json
from labservers.checks.texts import LANGUAGES
from tests.conftest import PATIENCE_S
from tests.labservers.checks.made_up import verdict as verdict_in
from tests.ports import free_port

SERVER = "import socket\n"
LISTENS = "import socket\nserver = socket.create_server(('127.0.0.1', 0))\nserver.accept()\n"


class FakeProcess:
    """Does what the test says; SIGTERM ends it as a check that was cancelled, unless it hangs."""

    pid = 1

    def __init__(self, command: Any, listener: Any) -> None:
        self.words = list(command.words)
        self.listener = listener
        self.hangs = False
        self.signals: list[str] = []

    def option(self, name: str) -> str:
        return str(self.words[self.words.index(name) + 1])

    def leaves(self, verdict: str) -> None:
        reports = {language: {**one, "verdict": verdict} for language, one in made_up().items()}
        Path(self.option("--both")).write_text(json.dumps(reports))

    def terminate(self) -> None:
        self.signals.append("TERM")
        if not self.hangs:
            self.listener.on_exit(130)

    def kill(self) -> None:
        self.signals.append("KILL")
        self.listener.on_exit(-9)


class Stage:
    def __init__(self, lab: Any, folder: Path) -> None:
        self.lab = lab
        self.events: list[Any] = []
        self.processes: list[FakeProcess] = []
        self.refused: OSError | None = None
        self.checks = Checks(lab.supervisor, folder, self.events.append, self._spawn, end_s=0.05)

    def program(self, name: str = "server.py", text: str = SERVER) -> str:
        path = self.lab.config.program_folders[0] / name
        path.write_text(text)
        found = OwnFile(path.resolve()).name
        self.lab.own.open(found)
        return found

    def _spawn(self, command: Any, listener: Any) -> Any:
        if self.refused:
            raise self.refused
        self.processes.append(FakeProcess(command, listener))
        return self.processes[-1]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "programs").mkdir()
    (tmp_path / "servers.json").write_text(json.dumps({"hello": {"port": free_port()}}))
    settings = {"data_dir": str(tmp_path), "programs": str(tmp_path / "programs")}
    lab = create_app(settings).extensions["lab"]
    yield Stage(lab, tmp_path / "checks")
    lab.close()


def test_a_check_is_heard_from_its_beginning_to_its_report(stage: Stage) -> None:
    name = stage.program()
    begun = stage.checks.start(name, {"task": "math"})
    assert (begun["state"], begun["verdict"]) == ("running", None)
    [process] = stage.processes
    assert process.option("--task") == "math"
    process.listener.on_print('{"progress": {"probe": "silent", "n": 3, "of": 9}}')
    progress = stage.events[-1]["progress"]
    assert (stage.events[-1]["kind"], progress["n"], set(progress["title"])) == (
        "check",
        3,
        {"en", "ru"},
    )
    process.leaves("mend")
    process.listener.on_exit(1)
    assert stage.events[-1]["state"] == "done"
    assert (stage.events[-1]["verdict"], stage.events[-1]["changed"]) == ("mend", False)
    report = stage.checks.kept.get(name)
    assert report
    assert report.reports["ru"]["language"] == "ru"


def test_a_report_outlives_the_dashboard_and_knows_that_the_file_has_changed(stage: Stage) -> None:
    name = stage.program()
    stage.checks.start(name, {})
    stage.processes[0].leaves("pass")
    stage.processes[0].listener.on_exit(0)
    (stage.lab.config.program_folders[0] / "server.py").write_text(SERVER * 2)
    again = Stage(stage.lab, stage.lab.config.data_path / "checks")
    view = again.checks.view(name)
    assert (view["state"], view["verdict"], view["changed"]) == ("never", "pass", True)


@pytest.mark.parametrize(("code", "before"), [(0, "done"), (130, "cancelled"), (1, "broke")])
def test_a_program_that_was_let_go_comes_again_without_its_check(
    stage: Stage, code: int, before: str
) -> None:
    name, other = stage.program(), stage.program("other.py")
    never = stage.checks.view(name)
    for number, one in enumerate((name, other)):
        stage.checks.start(one, {})
        if before == "done":
            stage.processes[number].leaves("pass")
        stage.processes[number].listener.on_exit(code)
        assert stage.checks.view(one)["state"] == before
    stage.lab.own.forget(name)
    stage.checks.forget(name)
    assert stage.program() == name
    assert stage.checks.view(name) == never
    assert stage.checks.view(other)["state"] == before


def test_a_check_that_is_still_ending_is_not_forgotten(stage: Stage) -> None:
    """It is counted, and ended with the dashboard."""
    name = stage.program()
    stage.checks.start(name, {})
    stage.checks.forget(name)
    assert stage.checks.view(name)["state"] == "running"
    stage.checks.close()
    assert stage.processes[0].signals == ["TERM"]


def test_a_checker_that_breaks_says_so_and_the_report_before_stays(stage: Stage) -> None:
    name = stage.program()
    stage.checks.kept.put(name, Report(1.0, {"en": {"verdict": "pass"}, "ru": {}}, {}, None))
    stage.checks.start(name, {})
    stage.processes[0].listener.on_log("MemoryError")
    stage.processes[0].listener.on_exit(1)
    view = stage.checks.view(name)
    assert (view["state"], view["error"], view["verdict"]) == ("broke", "MemoryError", "pass")


def test_one_that_does_not_hear_a_cancel_is_killed(stage: Stage) -> None:
    name = stage.program()
    stage.checks.start(name, {})
    stage.processes[0].hangs = True
    stage.checks.cancel(name)
    assert stage.processes[0].signals == ["TERM", "KILL"]
    assert stage.checks.view(name)["state"] == "cancelled"
    stage.checks.cancel(name)
    assert stage.processes[0].signals == ["TERM", "KILL"]


def test_one_check_at_a_time_and_few_of_all_programs(stage: Stage) -> None:
    names = [stage.program(f"s{number}.py") for number in range(MOST_AT_ONCE + 1)]
    for name in names[:-1]:
        stage.checks.start(name, {})
    with pytest.raises(NotNow, match="is being checked"):
        stage.checks.start(names[0], {})
    with pytest.raises(NotNow, match="checks run already"):
        stage.checks.start(names[-1], {})
    stage.checks.close()
    assert [process.signals for process in stage.processes] == [["TERM"]] * MOST_AT_ONCE


@pytest.mark.parametrize(
    "asked",
    [
        {"task": "x"},
        {"task": 1},
        {"running": 1},
        {"stop": "yes"},
        {"stream": -1},
        {"stream": 1.5},
        {"stream": 9},
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_begins(stage: Stage, asked: Any) -> None:
    name = stage.program()
    with pytest.raises(BadInput):
        stage.checks.start(name, asked)
    with pytest.raises(BadInput, match="probe"):
        stage.checks.again(name, "rm -rf")
    assert stage.processes == []


def test_a_probe_is_shown_again_with_the_conversation_of_the_report(stage: Stage) -> None:
    stage.lab.supervisor.start("hello")
    assert stage.lab.supervisor.wait_settled("hello", PATIENCE_S)
    known = {"verdict": "mend", "conversation": {"id": "hello-text"}}
    stage.checks.kept.put("hello", Report(1.0, {"en": known, "ru": known}, {}, None))
    view = stage.checks.again("hello", "not-utf8")
    [process] = stage.processes
    assert (view["again"], process.option("--again")) == ("not-utf8", "not-utf8")
    assert json.loads(Path(process.option("--held")).read_text()) == {"id": "hello-text"}
    host, port = stage.lab.supervisor.connect_address("hello")
    assert process.option("--address") == f"{host}:{port}"
    process.listener.on_print(json.dumps({"verdict": {"verdict": "pass", "reason": ""}}))
    process.listener.on_exit(0)
    view = stage.checks.view("hello")
    assert (view["state"], view["reported_at"]) == ("done", 1.0)


@pytest.mark.parametrize(
    ("printed", "logged", "error"),
    [
        ([], [], "its process ended with exit code 1"),
        ([], ["MemoryError"], "MemoryError"),
        ([{"verdict": "cannot run", "reason": "Nobody listens."}], [], "Nobody listens."),
    ],
)
def test_a_probe_that_could_not_be_shown_again_is_not_said_to_be_done(
    stage: Stage, printed: list[Any], logged: list[str], error: str
) -> None:
    stage.lab.supervisor.start("hello")
    assert stage.lab.supervisor.wait_settled("hello", PATIENCE_S)
    stage.checks.again("hello", "not-utf8")
    [process] = stage.processes
    for verdict in printed:
        process.listener.on_print(json.dumps({"verdict": verdict}))
    for line in logged:
        process.listener.on_log(line)
    process.listener.on_exit(1)
    view = stage.checks.view("hello")
    assert (view["state"], view["error"]) == ("broke", error)


def test_a_program_that_does_not_run_is_started_for_a_probe(stage: Stage) -> None:
    name = stage.program(text=LISTENS)
    stage.checks.again(name, "silent")
    [process] = stage.processes
    server = stage.lab.supervisor.server(name)
    assert process.option("--address") == "{}:{}".format(*server.address())
    process.listener.on_exit(0)


def test_a_process_that_the_system_does_not_grant_is_said(stage: Stage) -> None:
    name = stage.program()
    stage.refused = OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    with pytest.raises(NotNow, match="no process for it: Resource temporarily unavailable"):
        stage.checks.start(name, {})
    stage.refused = None
    assert stage.checks.start(name, {})["state"] == "running"


def test_a_server_of_the_lab_has_to_run(stage: Stage) -> None:
    with pytest.raises(NotRunning):
        stage.checks.start("hello", {})


def made_up() -> dict[str, Any]:
    """The reports of a verdict by language, as JSON has them."""
    made = {language: verdict_in(language) for language in LANGUAGES}
    reports = {name: as_json(one, one.findings, name) for name, one in made.items()}
    read_back: dict[str, Any] = json.loads(json.dumps(reports))
    return read_back


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of each value inside."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(part, dict | list):
            yield from places(part)


@given(st.data(), st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.just([{}])))
def test_a_report_of_another_shape_is_no_report_or_can_be_shown(data: Any, other: Any) -> None:
    reports = made_up()
    holder, key = data.draw(st.sampled_from(list(places(reports))))
    if data.draw(st.booleans()):
        holder[key] = other
    else:
        del holder[key]
    with tempfile.TemporaryDirectory() as folder:
        Kept(Path(folder)).put("chat", Report(1.0, reports, {}, None))
        kept = Kept(Path(folder)).get("chat")
    if kept is not None:
        for one in kept.reports.values():
            assert isinstance(one["verdict"], str)
            assert report_html.page([one])
            assert report_junit.junit([one])
            assert all(isinstance(finding["id"], str) for finding in one["findings"])


def test_a_file_of_reports_that_cannot_be_used_counts_as_none(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    late = f'{{"at": 1{"0" * 400}, "reports": {{}}, "asked": {{}}, "file": null}}'
    texts = {"a": "{", "b": "[]", "c": '{"at": 1}', "d": "\0", "e": late}
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text)
        assert kept.get(name) is None
    report = Report(2.0, made_up(), {"task": None}, Stamp(1, 2))
    kept.put("a", report)
    assert Kept(tmp_path).get("a") == report
    kept.put("b", report._replace(at=3.0))
    assert list(kept.all()) == ["b", "a"]
    kept.forget("a")
    assert Kept(tmp_path).get("a") is None


def test_a_report_can_be_read_while_it_is_said_that_it_cannot_be_written(tmp_path: Path) -> None:
    """Tabs are told of a trouble under a lock that they hold when they ask for a report."""
    (tmp_path / "in the way").write_text("")
    found: list[Report | None] = []

    def told(*_: object) -> None:
        reader = threading.Thread(target=lambda: found.append(kept.get("chat")))
        reader.start()
        reader.join(PATIENCE_S)

    kept = Kept(tmp_path / "in the way", Troubles(told))
    report = Report(1.0, made_up(), {}, None)
    kept.put("chat", report)
    assert found == [report]
    kept.forget("chat")
    assert kept.get("chat") is None
