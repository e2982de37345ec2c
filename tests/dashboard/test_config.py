"""The configuration: the file, the environment, the arguments; refused in one sentence."""

from pathlib import Path

import pytest

from dashboard import config
from dashboard.config import Config
from dashboard.errors import BadInput

FILES = {"SOCKETLAB_CONFIG": "/nonexistent"}


def test_the_file_then_the_environment_then_what_is_given(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('port = 1\nhost = "a"\nport_base = 9000\nstop_grace_s = 1\n')
    environment = {"SOCKETLAB_CONFIG": str(path), "SOCKETLAB_PORT": "2", "SOCKETLAB_HOST": "b"}
    loaded = config.load({"host": "c"}, environment)
    assert (loaded.host, loaded.port, loaded.port_base) == ("c", 2, 9000)
    assert (loaded.stop_grace_s, type(loaded.stop_grace_s)) == (1.0, float)


def test_the_users_folder_is_found_where_no_shell_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir("/")
    (tmp_path / "mine.toml").write_text('data_dir = "~/lab"\n')
    loaded = config.load({}, {"SOCKETLAB_CONFIG": "~/mine.toml"})
    assert loaded.log_path == tmp_path / "lab" / "logs"
    assert config.load({"data_dir": "lab"}, FILES).data_path == Path("/lab")


def test_the_defaults_are_within_their_own_ranges() -> None:
    named = {f"SOCKETLAB_{name.upper()}": str(value) for name, value in vars(Config()).items()}
    assert config.load({}, {**named, **FILES}) == Config()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NONSENSE", "1"),
        ("PORT", "x"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("PORT", "5.0"),
        ("PORT", " 5 "),
        ("PORT", "1_000"),
        ("PORT", "５０００"),
        ("PORT", ""),
        ("PORT", "9" * 5_000),
        ("PORT_BASE", "0"),
        ("STOP_GRACE_S", "nan"),
        ("STOP_GRACE_S", "inf"),
        ("STOP_GRACE_S", "-1"),
        ("STOP_GRACE_S", "1e999"),
        ("START_TIMEOUT_S", "0"),
        ("FROZEN_AFTER_S", "-inf"),
        ("RESTART_DELAY_S", "NaN"),
        ("RESTART_ATTEMPTS", "-1"),
        ("LOG_LINES", "-1"),
        ("LOG_LINES", "0"),
        ("LOG_LINES", "99999999999"),
        ("LOG_FILE_BYTES", "0"),
        ("FEED_ENTRIES", "0"),
        ("HISTORY_S", "-60"),
        ("LIVE_SOCKETS", "true"),
        ("PROGRAMS", "/x/\ud800"),
        ("DATA_DIR", "/x/\udfff"),
        ("TOKEN", "a b"),
        ("TOKEN", "т"),
        ("TOKEN", "a\nX-Other: b"),
        ("TOKEN", "\udcff"),
        *(
            ("HOST", "a\nb"),
            ("HOST", "０"),
            ("HOST", "１２７.0.0.1"),
            ("HOST", "[::1]"),
            ("HOST", ""),
        ),
        *(("HOST", "a b"), ("HOST", "-h"), ("HOST", "a" * 254), ("HOST", "unix:///a\x1bb")),
    ],
)
def test_the_environment_is_refused_with_its_place(name: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        config.load({}, {**FILES, f"SOCKETLAB_{name}": value})
    assert name.lower() in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize(
    "host",
    ["0", "127.1", "::", "::ffff:0.0.0.0", "fe80::1%eth0", "my-mac.local", "unix:///run/мой путь"],
)
def test_where_to_listen_may_be_spelled_in_any_way_that_is_one(host: str) -> None:
    assert config.load({}, {**FILES, "SOCKETLAB_HOST": host}).host == host


@pytest.mark.parametrize(
    "text",
    [
        b"port = true",
        b"port = 5000.0",
        b"port = nan",
        b"port = 70_000",
        b"port = 0x" + b"f" * 10_000,
        b"stop_grace_s = nan",
        b"stop_grace_s = inf",
        b"stop_grace_s = true",
        b"stop_grace_s = 1979-05-27",
        b"host = 5",
        b"host = ['a']",
        b'data_dir = "a\\u0000b"',
        b"[port]",
        b"port = ",
        b"\xff\xfe",
        b"nonsense = 1",
        b"port = " + b"[" * 50_000,
    ],
)
def test_a_broken_file_is_refused_with_its_path(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text)
    with pytest.raises(BadInput) as caught:
        config.load({}, {"SOCKETLAB_CONFIG": str(path)})
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < len(str(path)) + 200


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Is a directory"):
        config.load({}, {"SOCKETLAB_CONFIG": str(tmp_path)})
