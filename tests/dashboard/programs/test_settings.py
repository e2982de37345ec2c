"""Settings and configuration: remembered, and refused in words."""

from pathlib import Path

import pytest

from dashboard import config
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


@pytest.mark.parametrize("text", ["", "[]", "{", '{"chat": 5}', '{"chat": {"port": "x"}}', "\xff"])
def test_a_damaged_file_counts_as_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "servers.json"
    path.write_text(text, "latin-1")
    assert Settings(path, 8000, PROGRAMS).get("chat").port == 8004


def test_the_file_then_the_environment_then_what_is_given(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('port = 1\nhost = "a"\nport_base = 9000\n')
    environment = {"SOCKETLAB_CONFIG": str(path), "SOCKETLAB_PORT": "2", "SOCKETLAB_HOST": "b"}
    loaded = config.load({"host": "c"}, environment)
    assert (loaded.host, loaded.port, loaded.port_base) == ("c", 2, 9000)


@pytest.mark.parametrize(
    ("name", "value"),
    [("SOCKETLAB_PORT", "x"), ("SOCKETLAB_NONSENSE", "1"), ("SOCKETLAB_CONFIG", ".")],
)
def test_a_wrong_setting_is_said_with_its_place(name: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        config.load({}, {"SOCKETLAB_CONFIG": "/nonexistent", name: value})
    assert caught.value.next_step
