"""Settings: remembered, and refused in words."""

from pathlib import Path

import pytest

from dashboard.errors import BadInput
from dashboard.programs.catalogue import catalogue
from dashboard.programs.settings import Settings

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
        (b"[" * 50_000, "nested too deeply"),
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


def test_a_damaged_part_costs_that_part(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    path.write_text('{"chat": [], "page": {"port": 9003}, "gone": 5}')
    settings = Settings(path, 8000, PROGRAMS)
    assert settings.get("page").port == 9003
    assert settings.complaints == ["chat: not an object"]


def test_a_file_that_is_not_there_is_no_complaint(tmp_path: Path) -> None:
    assert Settings(tmp_path / "servers.json", 8000, PROGRAMS).complaints == []
