"""The dashboard's own troubles: said once, on every page, and gone when they are over."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from dashboard import create_app, i18n
from dashboard.checks.kept import Kept, Report
from dashboard.programs.catalogue import catalogue
from dashboard.programs.settings import Settings
from dashboard.troubles import Troubles
from dashboard.updated import EVERY_S, Updates
from tests.scarcity import full


class Heard:
    """The troubles as a page hears of them: the newest list."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.troubles = Troubles(self.events.append, wall=lambda: 1_000.0)

    def codes(self) -> list[str]:
        newest = self.events[-1]["troubles"] if self.events else []
        assert newest == self.troubles.now()
        return [trouble["code"] for trouble in newest]


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_a_trouble_is_said_when_it_begins_and_when_it_ends(heard: Heard) -> None:
    heard.troubles.begin("log", "No space left on device", "chat")
    heard.troubles.begin("log", "No space left on device", "chat")
    heard.troubles.begin("log", "No space left on device", "hello")
    assert heard.codes() == ["log", "log"]
    assert len(heard.events) == 2
    heard.troubles.end("log", "chat")
    heard.troubles.end("log", "chat")
    assert [trouble["about"] for trouble in heard.troubles.now()] == ["hello"]
    assert len(heard.events) == 3


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize(
    "code",
    [
        "data",
        "settings",
        "settings_aside",
        "settings_stay",
        "restore",
        "opened",
        "log",
        "reports",
        "updated",
    ],
)
def test_each_has_a_sentence_in_each_language(lang: str, code: str) -> None:
    assert i18n.text(lang, f"trouble.{code}") != f"trouble.{code}"


def test_settings_on_a_full_disk_hold_and_are_saved_later(tmp_path: Path, heard: Heard) -> None:
    path = tmp_path / "servers.json"
    settings = Settings(path, 8000, catalogue(), heard.troubles)
    settings.change("chat", {"port": 9001})
    before = path.read_text()
    with full():
        assert settings.change("chat", {"port": 9002}).port == 9002
    assert heard.codes() == ["settings"]
    assert heard.troubles.now()[0]["why"] == "File too large"
    assert path.read_text() == before
    assert [found.name for found in tmp_path.iterdir()] == ["servers.json"]
    assert settings.get("chat").port == 9002
    settings.change("hello", {"port": 9003})
    assert heard.codes() == []
    assert Settings(path, 8000, catalogue()).get("chat").port == 9002


@pytest.mark.parametrize("text", ["{", "[]", "\0" * 50, "null"])
def test_settings_that_cannot_be_read_are_kept_aside(
    tmp_path: Path, heard: Heard, text: str
) -> None:
    path = tmp_path / "servers.json"
    path.write_text(text)
    settings = Settings(path, 8000, catalogue(), heard.troubles)
    assert heard.codes() == ["settings_aside"]
    settings.change("chat", {"port": 9001})
    aside = tmp_path / heard.troubles.now()[0]["why"]
    assert aside.name.startswith("servers.json.broken-")
    assert aside.read_text() == text
    assert Settings(path, 8000, catalogue()).get("chat").port == 9001


def test_a_report_on_a_full_disk_is_kept_in_memory(tmp_path: Path, heard: Heard) -> None:
    kept = Kept(tmp_path / "checks", heard.troubles)
    report = Report(1.0, {"en": {}, "ru": {}}, {}, None)
    with full():
        kept.put("chat", report)
    assert heard.codes() == ["reports"]
    assert kept.get("chat") == report
    kept.put("chat", report)
    assert heard.codes() == []


def test_a_data_folder_that_cannot_be_written_is_said_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = create_app({"data_dir": str(tmp_path / "file" / "data")})
    app.extensions["presence"].take()
    lab = app.extensions["lab"]
    (trouble,) = lab.snapshot()["troubles"]
    assert (trouble["code"], trouble["why"]) == ("data", "Not a directory")
    lab.close()


def test_a_request_without_a_descriptor_is_answered_in_words(tmp_path: Path) -> None:
    app = create_app({"data_dir": str(tmp_path)})

    def fails() -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    app.view_functions["metrics.healthz"] = fails
    client, at_home = app.test_client(), {"Host": "127.0.0.1"}
    answer = client.get("/healthz", headers=at_home)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["message"] == "the dashboard has no free file descriptor"
    assert answer.get_json()["error"]["next_step"].endswith("ulimit -n")
    app.view_functions["metrics.healthz"] = lambda: os.stat(tmp_path / "nothing")
    assert client.get("/healthz", headers=at_home).status_code == 500  # a fault of ours
    app.extensions["lab"].close()


def test_an_update_on_disk_is_noticed_once(tmp_path: Path) -> None:
    now = 0.0
    files = [tmp_path / name for name in ("lab.py", "page.html", "en.json")]
    for file in files:
        file.write_text("before")
    updates = Updates(lambda: files, lambda: now)
    now += EVERY_S
    assert updates.look() is None
    (tmp_path / "later.py").write_text("loaded after the start")
    files.append(tmp_path / "later.py")
    now += EVERY_S
    assert updates.look() is None
    files[1].write_text("after it")
    assert updates.look() is None  # it has just looked
    now += EVERY_S
    assert updates.look() == files[1]
    files[1].write_text("before")
    now += EVERY_S
    assert updates.look() == files[1]


def test_a_file_that_is_gone_is_an_update_as_well(tmp_path: Path) -> None:
    now = 0.0
    file = tmp_path / "lab.py"
    file.write_text("before")
    updates = Updates(lambda: [file], lambda: now)
    file.unlink()
    now += EVERY_S
    assert updates.look() == file
