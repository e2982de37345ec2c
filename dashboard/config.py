"""Every host, port, timeout and capacity in one place; a file or the environment changes them."""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from dashboard import numbers, public
from dashboard.errors import BadInput

APP = "socket-lab"
PREFIX = "SOCKETLAB_"
VISIBLE = re.compile(r"[\x21-\x7e]*")  # it travels in a header


def _within(default: Any, least: float, most: float) -> Any:
    """A number in a range, and whole where its default is."""
    return field(default=default, metadata={"range": (least, most)})


def _matching(default: str, pattern: re.Pattern[str]) -> Any:
    return field(default=default, metadata={"pattern": pattern})


def _text(check: Callable[[str], str], default: str = "") -> Any:
    """Text that is checked by a function, which raises ValueError."""
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True)
class Config:
    """Times in seconds, sizes in the unit of their name.

    host, port: where the dashboard listens. data_dir: grade book, logs, remembered settings.
    port_base: server number N of the lab is put on port_base + N by default.
    restart_attempts: how often a server that broke is started again by itself; 0 is never.
    restore: 1 starts what ran at the last end of the dashboard again with it; what is chosen on
    the page counts from then on.
    token: fixed token for the page's requests; empty makes a new one at each start.
    programs: folders with Python files that can be run, with `:` between them.
    prefix: the path at which a proxy shows the dashboard. origin: scheme and host of the proxy's
    pages. proxy: the addresses of proxies whose X-Forwarded headers are believed.
    names: more names by which the dashboard may be called, with `,` between them.
    remote_start: 1 lets a visitor from another machine start programs, if it has the token.
    live_sockets, chat_sockets: open pages and chats at once; as many consoles as pages.
    recordings_bytes: memory of the calls and sockets of all programs.
    leave_with_parent: 1 where the program that started the dashboard is to take it along.
    """

    host: str = _text(public.host, "127.0.0.1")
    port: int = _within(5000, 0, 65_535)
    data_dir: str = _matching("", public.LINE)
    port_base: int = _within(8000, 1, 65_000)
    restore: int = _within(0, 0, 1)
    token: str = _matching("", VISIBLE)
    programs: str = _matching("", public.LINE)
    prefix: str = _text(public.prefix)
    origin: str = _text(public.origin)
    proxy: str = _text(public.proxies)
    names: str = _matching("", VISIBLE)
    remote_start: int = _within(0, 0, 1)
    leave_with_parent: int = _within(0, 0, 1)
    start_timeout_s: float = _within(10.0, 0.1, 600)
    check_timeout_s: float = _within(2.0, 0.1, 60)
    stop_grace_s: float = _within(3.0, 0, 60)
    frozen_after_s: float = _within(5.0, 0.5, 600)
    restart_attempts: int = _within(0, 0, 1_000)
    restart_delay_s: float = _within(2.0, 0, 600)
    log_lines: int = _within(5_000, 1, 1_000_000)
    log_file_bytes: int = _within(1024 * 1024, 1_000, 1024**3)
    recordings_bytes: int = _within(64 * 1024 * 1024, 100_000, 1024**4)
    feed_entries: int = _within(200, 1, 10_000)
    history_s: int = _within(60, 1, 3_600)
    chat_sockets: int = _within(200, 1, 10_000)
    live_sockets: int = _within(64, 1, 10_000)

    @property
    def data_path(self) -> Path:
        return _path(self.data_dir or platformdirs.user_data_dir(APP, appauthor=False))

    @property
    def program_folders(self) -> list[Path]:
        names = filter(None, self.programs.split(os.pathsep))
        return [_path(name) for name in names]

    @property
    def known_names(self) -> list[str]:
        return [name.lower() for name in self.names.split(",") if name]

    @property
    def log_path(self) -> Path:
        return self.data_path / "logs"


def _path(name: str) -> Path:
    """Where no shell has seen to it that `~` is the user's folder."""
    return Path(os.path.abspath(os.path.expanduser(name)))


def load(
    given: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ
) -> Config:
    """The file, then the environment, then the arguments; the later one wins.

    Raises:
        BadInput: an unknown name or a value that cannot be used, with where it stands.
    """
    path = _path(
        environment.get(PREFIX + "CONFIG")
        or os.path.join(platformdirs.user_config_dir(APP, appauthor=False), "config.toml")
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
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", "mend or remove it") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"cannot read {path}: {error}", "mend or remove the file") from error


def _apply(config: Config, values: Mapping[str, Any], source: str) -> Config:
    known = {setting.name: setting for setting in fields(Config)}
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise BadInput(
                f"{source}: no setting {numbers.shown(name)}", f"known are {', '.join(known)}"
            )
        try:
            changes[name] = _checked(known[name], value)
        except ValueError as error:
            raise BadInput(f"{source}: {name}: {error}", "correct the value") from error
    return replace(config, **changes)


def _checked(setting: Field[Any], value: Any) -> int | float | str:
    """The value of a setting; a number may be given as text, as the environment does.

    Raises:
        ValueError: it cannot be used, with why.
    """
    if "check" in setting.metadata:
        if not isinstance(value, str):
            raise ValueError(f"{numbers.shown(value)} is not a line of text")
        return str(setting.metadata["check"](value))
    if "pattern" in setting.metadata:
        if isinstance(value, str) and setting.metadata["pattern"].fullmatch(value):
            return value
        raise ValueError(f"{numbers.shown(value)} is not a line of text")
    if isinstance(value, str):
        value = numbers.from_text(value)
    check = numbers.whole if isinstance(setting.default, int) else numbers.decimal
    return check(value, *setting.metadata["range"])
