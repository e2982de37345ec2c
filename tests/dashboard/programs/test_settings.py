"""Settings: remembered, and refused in words."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import BadInput
from dashboard.programs.catalogue import catalogue, own_program
from dashboard.programs.files import OwnFile
from dashboard.programs.settings import ServerSettings, Settings
from dashboard.troubles import Troubles

PROGRAMS = catalogue()


def test_what_was_chosen_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "servers.json"
    settings = Settings(path, 8000, PROGRAMS)
    assert settings.get("chat").port == 8004
    settings.change("page", {"port": 9003, "model": "blocking", "host": None})
    again = Settings(path, 8000, PROGRAMS)
    assert (again.get("page").port, again.get("page").model) == (9003, "blocking")
    assert again.get("chat").port == 8004


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0},
        {"port": 65536},
        {"port": "8004"},
        {"port": True},
        {"host": ""},
        {"host": "a b"},
        {"host": "-x"},
        {"host": 5},
        {"host": "１２７.0.0.1"},
        {"host": "127.0.0.1\n"},
        {"host": "127.0.0.1\u00a0"},
        {"host": "ⅷ"},
        {"host": "%eth0"},
        {"host": "a" * 254},
        {"model": "magic"},
        {"model": ["threads"]},
    ],
)
def test_what_no_server_can_use_is_refused_by_name(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    settings = Settings(tmp_path / "servers.json", 8000, PROGRAMS)
    with pytest.raises(BadInput, match=next(iter(wrong))):
        settings.change("page", wrong)
    assert settings.get("page").port == 8003


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "Expecting value"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"{", "Expecting property name"),
        (b"\xff", "not UTF-8"),
        (b"[" * 50_000 + b"]" * 50_000, "nested too deeply"),
        (b'{"chat": 5}', "chat: not an object"),
        (b'{"chat": {"port": "x"}}', "chat: port"),
        (b'{"chat": {"port": 8004.0}}', "chat: port"),
        (b'{"chat": {"port": true}}', "chat: port"),
        (b'{"chat": {"port": NaN}}', "NaN"),
        (b'{"chat": {"host": {}}}', "chat: host"),
        (b'{"chat": {"host": "\\ud800"}}', "chat: host"),
        (b'{"chat": {"model": []}}', "chat: model"),
    ],
)
def test_a_damaged_file_counts_as_empty(tmp_path: Path, text: bytes, complaint: str) -> None:
    path = tmp_path / "servers.json"
    path.write_bytes(text)
    settings = Settings(path, 8000, PROGRAMS)
    assert settings.get("chat").port == 8004
    (said,) = settings.complaints
    assert complaint in said


def test_the_edges_of_what_is_taken(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "servers.json", 8000, PROGRAMS)
    for port in (1, 65_535):
        assert settings.change("page", {"port": port}).port == port
    own = own_program(OwnFile(tmp_path / "server.py"))
    settings.add(own, "/usr/bin/python3")
    arguments = "x" * 4_000
    assert settings.change(own.name, {"arguments": arguments}).arguments == arguments
    host = "a" * 253
    assert settings.change("page", {"host": host}).host == host


def test_a_damaged_part_costs_that_part(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    path.write_text('{"chat": [], "page": {"port": 9003}, "gone": 5}')
    settings = Settings(path, 8000, PROGRAMS)
    assert settings.get("page").port == 9003
    assert settings.complaints == ["chat: not an object"]


def test_a_file_that_is_not_there_is_no_complaint(tmp_path: Path) -> None:
    assert Settings(tmp_path / "servers.json", 8000, PROGRAMS).complaints == []


def test_what_the_file_says_of_other_programs_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    path.write_text(json.dumps({"gone-123456": {"arguments": "9090"}, "chat": {"port": 9004}}))
    settings = Settings(path, 8000, PROGRAMS)
    assert settings.others == ["gone-123456"]
    settings.change("hello", {"port": 9001})
    assert json.loads(path.read_text())["gone-123456"] == {"arguments": "9090"}
    assert settings.complaints == []


def test_a_program_of_the_user_is_remembered_until_it_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    program = own_program(OwnFile(tmp_path / "server.py"))
    settings = Settings(path, 8000, PROGRAMS)
    settings.add(program, "/usr/bin/python3")
    settings.change(program.name, {"arguments": "1 'two words'", "restart_on_save": True})
    again = Settings(path, 8000, PROGRAMS)
    again.add(program, "/another")
    chosen = again.get(program.name)
    assert (chosen.arguments, chosen.python, chosen.restart_on_save) == (
        "1 'two words'",
        "/usr/bin/python3",
        True,
    )
    again.forget(program.name)
    assert program.name not in json.loads(path.read_text())
    with pytest.raises(KeyError):
        again.get(program.name)


@pytest.mark.parametrize(
    "values",
    [{"arguments": x} for x in (5, None, "'open", "a\nb", "x" * 4_001, "\ud800")]
    + [{"python": x} for x in (5, "python3", "", "/bin/\0", "/\ud800/python3")]
    + [{"restart_on_save": x} for x in (1, "true", [])],
)
def test_what_is_no_setting_of_a_program_of_the_user(tmp_path: Path, values: Any) -> None:
    program = own_program(OwnFile(tmp_path / "server.py"))
    (tmp_path / "servers.json").write_text(json.dumps({program.name: values}))
    settings = Settings(tmp_path / "servers.json", 8000, {})
    settings.add(program, "/usr/bin/python3")
    assert settings.get(program.name).python == "/usr/bin/python3"
    assert len(settings.complaints) == (None not in values.values())


def test_unless_others_are_chosen(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "servers.json", 8000, PROGRAMS)
    model = PROGRAMS["chat"].model
    assert settings.get("chat") == ServerSettings("127.0.0.1", 8004, model, "", "", False)
    own = own_program(OwnFile(tmp_path / "server.py"))
    settings.add(own, "/usr/bin/python3")
    chosen = ServerSettings("127.0.0.1", 0, "", "", "/usr/bin/python3", False)
    assert settings.get(own.name) == chosen


def test_a_program_that_is_remembered_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    own = own_program(OwnFile(tmp_path / "server.py"))
    Settings(path, 8000, {}).add(own, "/usr/bin/python3")
    assert path.read_text().startswith(f'{{\n "{own.name}": {{\n  "arguments"')
    again = Settings(path, 8000, {})
    path.unlink()
    again.add(own, "/usr/bin/python3")
    assert not path.exists()


def test_a_model_that_there_is_not_is_answered_with_those_that_there_are(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "servers.json", 8000, PROGRAMS)
    with pytest.raises(BadInput) as refused:
        settings.change("page", {"model": "magic"})
    assert refused.value.next_step == f"choose {', '.join(PROGRAMS['page'].models)}"


def test_a_damaged_file_is_kept_aside(tmp_path: Path) -> None:
    path, troubles = tmp_path / "servers.json", Troubles()
    path.write_text("{")
    Settings(path, 8000, PROGRAMS, troubles)
    (trouble,) = troubles.now()
    assert trouble["code"] == "settings_aside"
    assert (tmp_path / trouble["why"]).read_text() == "{"


def test_one_that_cannot_be_kept_aside_stays(tmp_path: Path) -> None:
    path, troubles = tmp_path / ("s" * 250), Troubles()  # no room for the time in its name
    path.write_text("{")
    Settings(path, 8000, PROGRAMS, troubles)
    assert [trouble["code"] for trouble in troubles.now()] == ["settings_stay"]
    assert path.read_text() == "{"


def test_where_there_can_be_no_file_settings_hold_as_long_as_the_dashboard_runs(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    troubles = Troubles()
    settings = Settings(tmp_path / "file" / "servers.json", 8000, PROGRAMS, troubles)
    assert (settings.others, len(settings.complaints)) == ([], 1)
    assert settings.change("page", {"port": 9003}).port == settings.get("page").port == 9003
    assert [trouble["code"] for trouble in troubles.now()] == ["settings"]
