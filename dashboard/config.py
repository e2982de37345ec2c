"""Every host, port, timeout and capacity in one place; a file or the environment changes them."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from dashboard.errors import BadInput

APP = "socket-lab"
PREFIX = "SOCKETLAB_"


@dataclass(frozen=True)
class Config:
    """Times in seconds, sizes in what their name says.

    host, port: where the dashboard listens. data_dir: grade book, logs, remembered settings.
    port_base: server number N of the lab is put on port_base + N by default.
    restart_attempts: how often a server that broke is started again by itself; 0 is never.
    token: fixed token for the page's requests; empty makes a new one at each start.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    data_dir: str = ""
    port_base: int = 8000
    token: str = ""
    start_timeout_s: float = 10.0
    check_timeout_s: float = 2.0
    stop_grace_s: float = 3.0
    frozen_after_s: float = 5.0
    restart_attempts: int = 0
    restart_delay_s: float = 2.0
    log_lines: int = 5_000
    log_file_bytes: int = 1024 * 1024
    feed_entries: int = 200
    history_s: int = 60
    chat_sockets: int = 200
    live_sockets: int = 64

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir or platformdirs.user_data_dir(APP, appauthor=False))

    @property
    def log_path(self) -> Path:
        return self.data_path / "logs"


def load(
    given: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ
) -> Config:
    """The file, then the environment, then what is given; the later one wins.

    Raises:
        BadInput: an unknown name or a value of the wrong kind, with where it stands.
    """
    path = Path(
        environment.get(PREFIX + "CONFIG")
        or Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"
    )
    config = _apply(Config(), _read_file(path), str(path))
    named = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != PREFIX + "CONFIG"
    }
    config = _apply(config, named, "environment " + PREFIX + "*")
    return _apply(config, given or {}, "create_app(config)")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot read {path}: {error}", "mend or remove the file") from error


def _apply(config: Config, values: Mapping[str, Any], source: str) -> Config:
    known = {field.name: type(getattr(config, field.name)) for field in fields(config)}
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise BadInput(f"{source}: no setting {name!r}", f"known are {', '.join(known)}")
        try:
            changes[name] = known[name](value)
        except (TypeError, ValueError) as error:
            raise BadInput(
                f"{source}: {name} is {value!r}, which is no {known[name].__name__}",
                "correct the value",
            ) from error
    return replace(config, **changes)
