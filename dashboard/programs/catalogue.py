"""The programs that the dashboard runs: the five servers of the lab.

The only place in the dashboard that knows them by name, besides the views of the lab's tasks.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from dashboard.errors import UnknownServer
from dashboard.numbers import shown
from dashboard.programs.launch import CHANNEL, Launch
from dashboard.programs.program import Program, Ready, Visit
from labservers.clients.chat import CHECK_ROOM
from labservers.clients.checks import CHECKS
from labservers.registry import SERVERS, ServerSpec

Catalogue: TypeAlias = Mapping[str, Program]

VISITS = {
    "hello": Visit(b"Hello server"),
    "hypotenuse": Visit(b'{"a": 3, "b": 4}\n', stays=False),
    "page": Visit(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n", stays=False),
    "chat": Visit(b"a message from the experiment\n", opening=b"*\n"),
    "subjects": Visit(b"GET /subjects/{n} HTTP/1.1\r\nHost: lab\r\n\r\n"),
}
HIDDEN_ROOMS = {"chat": frozenset({CHECK_ROOM})}


def catalogue(more: Iterable[Program] = ()) -> Catalogue:
    """The lab's five and `more`, by name, in the order of their numbers."""
    programs = [*(_lab_server(spec) for spec in SERVERS.values()), *more]
    return {program.name: program for program in sorted(programs, key=lambda p: p.number)}


def program(programs: Catalogue, name: str) -> Program:
    """
    Raises:
        UnknownServer: the catalogue has no program of that name.
    """
    try:
        return programs[name]
    except KeyError:
        known = ", ".join(programs)
        raise UnknownServer(f"there is no server {shown(name)}", f"use {known}") from None


def _lab_server(spec: ServerSpec) -> Program:
    arguments = [spec.name, "--host", "{host}", "--port", "{port}"]
    if len(spec.models) > 1:
        arguments += ["--model", "{model}"]
    arguments += ["--data-dir", "{data_dir}", "--channel", CHANNEL]
    return Program(
        name=spec.name,
        title=spec.title,
        number=spec.task,
        launch=Launch(module="labservers", arguments=tuple(arguments)),
        transport=spec.transport,
        protocol=spec.protocol,
        models=spec.models,
        capabilities=spec.capabilities,
        module=spec.module,
        ready=Ready.CHECK,
        check=CHECKS[spec.name],
        visit=VISITS[spec.name],
        hidden_rooms=HIDDEN_ROOMS.get(spec.name, frozenset()),
    )
