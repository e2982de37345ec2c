"""The user's choices for each program (host, port, model), remembered across starts."""

import json
import os
import re
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dashboard import json_text
from dashboard.errors import BadInput
from dashboard.numbers import shown, whole
from dashboard.programs.catalogue import Catalogue
from dashboard.programs.program import Program

# Names of 253 characters at most (RFC 1035 section 2.3.4, without the trailing dot), and numbers;
# IPv6 ones may name an interface (RFC 4007 section 11).
HOST = re.compile(r"[A-Za-z0-9.:_][A-Za-z0-9.:_%-]{0,252}")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where a program listens and how it serves many clients."""

    host: str
    port: int
    model: str


class Settings:
    """The settings of all programs in one JSON file, replaced as a whole.

    The lock guards the table and the file. A file that cannot be used, or a
    part of it, counts as empty and is complained of; one that cannot be written costs the memory,
    not the click.
    """

    def __init__(self, path: Path, port_base: int, programs: Catalogue) -> None:
        self.path = path
        self._programs = programs
        self._lock = threading.Lock()
        self._chosen = {
            name: ServerSettings("127.0.0.1", port_base + program.number, program.model)
            for name, program in programs.items()
        }
        self.complaints: list[str] = []
        for name, values in self._read().items():
            if name in programs:
                self._remember(name, values)

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

    def _remember(self, name: str, values: Any) -> None:
        try:
            if not isinstance(values, dict):
                raise BadInput("not an object")
            self._chosen[name] = changed(self._programs[name], self._chosen[name], values)
        except BadInput as error:
            self.complaints.append(f"{name}: {error.message}")

    def _read(self) -> dict[str, Any]:
        try:
            values = json_text.parse(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self.complaints.append(str(error))
            return {}
        if isinstance(values, dict):
            return values
        self.complaints.append("not an object")
        return {}

    def _write(self) -> None:
        body = json.dumps({name: asdict(chosen) for name, chosen in self._chosen.items()}, indent=1)
        beside = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(body, "utf-8")
            os.replace(beside, self.path)
        except OSError:
            pass


def changed(program: Program, now: ServerSettings, values: dict[str, Any]) -> ServerSettings:
    """`now` with the values put in that are not None.

    Raises:
        BadInput: a wrong kind or value; the sentence names the field.
    """
    host, port, model = values.get("host"), values.get("port"), values.get("model")
    if host is not None:
        now = replace(now, host=_host(host))
    if port is not None:
        now = replace(now, port=_port(port))
    if model is not None:
        if model not in program.models:
            raise BadInput(
                f"model: {shown(model)} is not a model of {program.name}",
                f"choose {', '.join(program.models)}",
            )
        now = replace(now, model=str(model))
    return now


def _host(value: Any) -> str:
    if not isinstance(value, str) or not HOST.fullmatch(value):
        raise BadInput(f"host: {value!r:.80} is not a name or address", "for example 127.0.0.1")
    return value


def _port(value: Any) -> int:
    try:
        return whole(value, 1, 65_535)
    except ValueError as error:
        raise BadInput(f"port: {error}", "for example 8001") from error
