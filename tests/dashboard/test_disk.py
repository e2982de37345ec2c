"""A disk that is full, or that must not be written: each file of the dashboard has a trouble of its
own, which is said on every page, and all else goes on."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dashboard import create_app
from dashboard.checks.kept import Report
from dashboard.errors import NotNow
from dashboard.presence import RETRY_S, Presence
from dashboard.programs.catalogue import catalogue
from dashboard.programs.opened import Opened
from dashboard.programs.settings import Settings
from dashboard.supervision.lifecycle import State
from dashboard.troubles import Troubles
from tests.scarcity import full, read_only


class Dashboard:
    """One in a folder of its own. Each write of a file has another content; some write the files
    of programs that were opened, each time of another one."""

    def __init__(self, folder: Path) -> None:
        self.now = 100.0
        self.folder = folder / "data"
        opened = Opened(self.folder)
        for number in range(PROGRAMS):
            file = folder / f"program{number}.py"
            file.write_text("input()")
            opened.add(file)
        app = create_app({"data_dir": str(self.folder), "restore": 1})
        self.lab = app.extensions["lab"]
        self._presence = Presence(app, lambda: self.now)
        self._presence.take()
        self.lab.own.take_opened()
        self.lab.serve()
        self.programs = [name for name in self.lab.programs if name.startswith("program")]
        self._numbers = itertools.count(1)

    def say(self) -> None:
        self._presence.say("http://127.0.0.1:5000", f"http://name{next(self._numbers)}:5000")

    def choose_port(self) -> None:
        self.lab.settings.change("chat", {"port": 9_000 + next(self._numbers)})

    def start(self) -> None:
        self.lab.ran.moved(f"program{next(self._numbers)}", State.RUNNING)

    def report(self) -> None:
        report = Report(float(next(self._numbers)), {"en": {}}, {}, None)
        self.lab.checks.kept.put("chat", report)

    def log(self) -> None:
        line = f"line {next(self._numbers)}"
        self.lab.supervisor.server("chat").reports.log_line(line, printed=False)

    def forget(self) -> None:
        self.lab.own.forget(self.programs.pop())

    def codes(self) -> list[str]:
        return [trouble["code"] for trouble in self.lab.snapshot()["troubles"]]


class File(NamedTuple):
    """code: of its trouble. mends: whether the next success is the end of that: of the list it is
    another program's, and test_log_file.py has the return of a log."""

    name: str
    code: str
    write: Callable[[Dashboard], None]
    mends: bool = True


FILES = [
    File("servers.json", "settings", Dashboard.choose_port),
    File("restore.json", "restore", Dashboard.start),
    File("programs.json", "opened", Dashboard.forget, mends=False),
    File("checks/chat.json", "reports", Dashboard.report),
]
ADDRESS = File("dashboard.json", "data", Dashboard.say)
LOG = File("logs/chat.log", "log", Dashboard.log, mends=False)
PROGRAMS = 3


@pytest.fixture
def dashboard() -> Iterator[Dashboard]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)  # for nobody as well: see read_only()
    made = Dashboard(folder)
    yield made
    made.lab.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("file", [*FILES, LOG], ids=lambda file: file.name)
def test_a_folder_that_must_not_be_written(dashboard: Dashboard, file: File) -> None:
    with read_only(dashboard.folder):
        file.write(dashboard)
    [why] = [t["why"] for t in dashboard.lab.troubles.now() if t["code"] == file.code]
    assert why == "Permission denied"
    if file.mends:
        file.write(dashboard)
        assert file.code not in dashboard.codes()


@pytest.mark.parametrize("file", [*FILES, ADDRESS, LOG], ids=lambda file: file.name)
def test_a_full_disk(dashboard: Dashboard, file: File) -> None:
    dashboard.now += RETRY_S
    file.write(dashboard)
    before = (dashboard.folder / file.name).read_bytes()
    with full():
        file.write(dashboard)
    assert file.code in dashboard.codes()
    assert list(dashboard.folder.rglob("*.new")) == []
    if file is not ADDRESS:
        assert (dashboard.folder / file.name).read_bytes() == before
    if file.mends:
        dashboard.now += RETRY_S
        file.write(dashboard)
        assert (dashboard.folder / file.name).read_bytes() != before
        assert file.code not in dashboard.codes()


@pytest.mark.parametrize("disk", ["full", "read-only"])
def test_a_check_that_could_not_report_is_not_begun(dashboard: Dashboard, disk: str) -> None:
    with full(0) if disk == "full" else read_only(dashboard.folder):
        with pytest.raises(NotNow, match=r"a check cannot write to .*/checks: ") as refusal:
            dashboard.lab.checks.start(dashboard.programs[0], {})
    assert refusal.value.next_step == "make room there, or make the folder writable"


def test_settings_that_can_be_neither_read_nor_kept_aside_are_said(dashboard: Dashboard) -> None:
    path = dashboard.folder / "servers.json"
    path.write_text("{")
    troubles = Troubles()
    with read_only(dashboard.folder):
        Settings(path, 8000, catalogue(), troubles)
    assert [trouble["code"] for trouble in troubles.now()] == ["settings_stay"]
    Settings(path, 8000, catalogue(), troubles)
    assert [trouble["code"] for trouble in troubles.now()] == ["settings_aside"]


@pytest.mark.parametrize("name", ["servers.json", "programs.json"])
def test_a_list_that_we_may_not_read_is_kept_aside(dashboard: Dashboard, name: str) -> None:
    path = dashboard.folder / name
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "kept").write_text("")
    Settings(dashboard.folder / "servers.json", 8000, catalogue(), Troubles())
    dashboard.forget()
    assert path.is_file()
    assert list(dashboard.folder.glob(f"{name}.broken-*/kept"))
