"""The entry point for jupyter-server-proxy: its command, its settings, its tile."""

import os
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from dashboard import config, jupyter

ROOT = Path(__file__).resolve().parent.parent.parent
HUB = "JUPYTERHUB_PUBLIC_URL"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SOCKETLAB_") or name == HUB]:
        monkeypatch.delenv(name)


def settings(base_url: str = "/user/anna/") -> config.Config:
    """The settings of a dashboard that jupyter-server-proxy starts, once it has filled in."""
    rendered = {name: v.format(port=0) for name, v in jupyter.environment(base_url).items()}
    return config.load({}, {"SOCKETLAB_CONFIG": "/nonexistent", **rendered})


def test_the_package_names_the_entry_point_and_its_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, name = project["entry-points"]["jupyter_serverproxy_servers"][
        jupyter.NAME
    ].partition(":")
    assert getattr(import_module(module), name) is jupyter.server
    assert any("jupyter-server-proxy" in one for one in project["optional-dependencies"]["jupyter"])


def test_the_dashboard_listens_at_a_socket_and_has_a_tile() -> None:
    options = jupyter.server()
    command = [word.format(unix_socket="/run/s", port=0) for word in options["command"]]
    assert command == [sys.executable, "-m", "dashboard", "--host", "unix:///run/s"]
    assert options["unix_socket"] is True
    tile = options["launcher_entry"]
    assert tile["title"] == "Socket Lab"
    assert Path(tile["icon_path"]).read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("base_url", "prefix"),
    [
        ("/", "/socket-lab"),
        ("/user/anna/", "/user/anna/socket-lab"),
        ("/user/anna%40uni.edu/", "/user/anna@uni.edu/socket-lab"),
        ("/user/анна/", "/user/%D0%B0%D0%BD%D0%BD%D0%B0/socket-lab"),
        ("/user/a b/", "/user/a%20b/socket-lab"),
    ],
)
def test_the_prefix_is_the_servers_path_and_the_name(base_url: str, prefix: str) -> None:
    assert settings(base_url).prefix == prefix


def test_a_hub_that_says_where_it_is_bounds_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (settings().origin, settings().proxy) == ("*", "unix")
    monkeypatch.setenv(HUB, "https://Hub.example.edu/user/anna/")
    assert settings().origin == "https://hub.example.edu"
    monkeypatch.setenv(HUB, "https://Hub.example.edu:443/user/anna/")
    assert settings().origin == "https://hub.example.edu"
    monkeypatch.setenv(HUB, "https://hub.example.edu:8443/user/anna/")
    assert settings().origin == "https://hub.example.edu:8443"
    monkeypatch.setenv("SOCKETLAB_ORIGIN", "https://lab.example.edu")
    assert settings().origin == "https://lab.example.edu"


def test_programs_are_those_of_jupyters_folder_unless_others_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    odd = tmp_path / "{port}"
    odd.mkdir()
    monkeypatch.chdir(odd)
    assert settings().program_folders == [odd]
    monkeypatch.setenv("SOCKETLAB_PROGRAMS", "/srv/course")
    assert settings().program_folders == [Path("/srv/course")]


def test_users_of_one_machine_have_ports_of_their_own() -> None:
    assert [jupyter.port_base(uid) for uid in (0, 1000, 1001, 1300)] == [8000, 8000, 8010, 11000]
    bases = {jupyter.port_base(uid) for uid in range(1000, 1000 + jupyter.USERS)}
    assert len(bases) == jupyter.USERS
    assert max(bases) + jupyter.PORTS_EACH < 32_768  # ip_local_port_range of Linux
    assert jupyter.port_base(1_234_567_890) in bases
