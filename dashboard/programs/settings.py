"""The user's choices for each program, remembered across starts."""

import json
import shlex
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dashboard import json_text, public, whole_file
from dashboard.errors import BadInput
from dashboard.numbers import shown, whole
from dashboard.programs.files import is_path
from dashboard.programs.program import Program
from dashboard.troubles import Troubles

ARGUMENT_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where a program listens and how it serves many clients; of a file of the user: its
    arguments as typed in a shell, the path of its Python, and whether a save starts it again."""

    host: str = "127.0.0.1"
    port: int = 0
    model: str = ""
    arguments: str = ""
    python: str = ""
    restart_on_save: bool = False

    def chosen(self, program: Program) -> dict[str, Any]:
        """Those that the program has."""
        return {name: value for name, value in asdict(self).items() if name in program.choices}


class Settings:
    """The settings of all programs in one JSON file, replaced as a whole.

    The lock guards the tables and the file. A file that cannot be used, or a part of it, counts
    as empty and is complained of; one that cannot be read is kept aside. One that cannot be written
    costs the memory, not the click, and is a trouble until it can.
    Its entries for programs that are not in the catalogue now are kept.
    """

    def __init__(
        self,
        path: Path,
        port_base: int,
        programs: Mapping[str, Program],
        troubles: Troubles | None = None,
    ) -> None:
        self.path = path
        self._troubles = troubles or Troubles()
        self._programs: dict[str, Program] = {}
        self._lock = threading.Lock()
        self.complaints: list[str] = []
        self._chosen: dict[str, ServerSettings] = {}
        self._others = self._read()
        for program in programs.values():
            self._begin(
                program, ServerSettings(port=port_base + program.number, model=program.model)
            )

    @property
    def others(self) -> list[str]:
        """Names in the file that are not in the catalogue."""
        return list(self._others)

    def add(self, program: Program, python: str) -> None:
        """A program that has come into the catalogue; with this Python where none was chosen."""
        with self._lock:
            remembered = program.name in self._others
            self._begin(program, ServerSettings(python=python))
            if not remembered:
                self._write()

    def forget(self, name: str) -> None:
        with self._lock:
            self._programs.pop(name)
            self._chosen.pop(name)
            self._write()

    def get(self, name: str) -> ServerSettings:
        return self._chosen[name]

    def change(self, name: str, values: dict[str, Any]) -> ServerSettings:
        """Remember the values given; None leaves one as it is.

        Raises:
            BadInput: a value that no program can use.
        """
        with self._lock:
            new = changed(self._programs[name], self._chosen[name], values)
            if new != self._chosen[name]:
                self._chosen[name] = new
                self._write()
            return new

    def _begin(self, program: Program, default: ServerSettings) -> None:
        values = self._others.pop(program.name, {})
        try:
            if not isinstance(values, dict):
                raise BadInput("not an object")
            default = changed(program, default, values)
        except BadInput as error:
            self.complaints.append(f"{program.name}: {error.message}")
        self._programs[program.name] = program
        self._chosen[program.name] = default

    def _read(self) -> dict[str, Any]:
        try:
            values = json_text.parse(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (PermissionError, IsADirectoryError, ValueError) as error:
            return self._unusable(str(error))
        except OSError as error:
            self.complaints.append(str(error))
            return {}
        return values if isinstance(values, dict) else self._unusable("not an object")

    def _unusable(self, why: str) -> dict[str, Any]:
        """The next change would write over it, so it is kept under another name."""
        self.complaints.append(why)
        with self._troubles.where_it_fails("settings_stay"):
            aside = whole_file.keep_aside(self.path)
            self._troubles.begin("settings_aside", aside.name)
        return {}

    def _write(self) -> None:
        chosen = {
            name: settings.chosen(self._programs[name]) for name, settings in self._chosen.items()
        }
        with self._troubles.where_it_fails("settings"):  # they hold while the dashboard runs
            whole_file.write(self.path, json.dumps({**self._others, **chosen}, indent=1))


def changed(program: Program, now: ServerSettings, values: dict[str, Any]) -> ServerSettings:
    """`now` with the values put in that are not None.

    Raises:
        BadInput: a wrong kind or value; the sentence names the field.
    """
    checks: dict[str, Callable[[Any], Any]] = {
        "host": _host,
        "port": _port,
        "model": lambda value: _model(value, program),
        "arguments": _arguments,
        "python": _python,
        "restart_on_save": _restart_on_save,
    }
    given = {name: values[name] for name in checks if values.get(name) is not None}
    return replace(now, **{name: checks[name](value) for name, value in given.items()})


def _model(value: Any, program: Program) -> str:
    if value not in program.models:
        raise BadInput(
            f"model: {shown(value)} is not a model of {program.name}",
            f"choose {', '.join(program.models)}",
        )
    return str(value)


def _arguments(value: Any) -> str:
    """Words as a shell reads them."""
    if not isinstance(value, str) or len(value) > ARGUMENT_CHARACTERS or not value.isprintable():
        raise BadInput(
            f"arguments: {value!r:.80} is not a line of text", "for example 127.0.0.1 9090"
        )
    try:
        shlex.split(value)
    except ValueError as error:
        raise BadInput(f"arguments: {error}", "close the quotes") from None
    return value


def _python(value: Any) -> str:
    """Whether there is such a Python is found out by those that offer them."""
    if not is_path(value):
        raise BadInput(f"python: {value!r:.80} is not a path", "see pythons in GET /api/programs")
    return value


def _restart_on_save(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadInput(f"restart_on_save: {shown(value)} is not true or false", "send true")
    return value


def _host(value: Any) -> str:
    if not isinstance(value, str) or not public.HOST.fullmatch(value):
        raise BadInput(f"host: {value!r:.80} is not a name or address", "for example 127.0.0.1")
    return value


def _port(value: Any) -> int:
    try:
        return whole(value, 1, 65_535)
    except ValueError as error:
        raise BadInput(f"port: {error}", "for example 8001") from error
