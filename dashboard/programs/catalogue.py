"""The programs that the dashboard runs: the five servers of the lab, and files of the user.

The only place in the dashboard that knows the five by name, besides the views of the lab's tasks.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dashboard.errors import UnknownServer
from dashboard.numbers import shown
from dashboard.programs.breaks import breaks_of
from dashboard.programs.files import OwnFile
from dashboard.programs.launch import ARGUMENTS, CHANNEL, Launch
from dashboard.programs.program import Program, Ready, Visit
from labservers.clients.chat import CHECK_ROOM
from labservers.clients.checks import CHECKS
from labservers.observe import messages
from labservers.registry import SERVERS, ServerSpec

VISITS = {
    "hello": Visit(b"Hello server"),
    "hypotenuse": Visit(b'{"a": 3, "b": 4}\n', stays=False),
    "page": Visit(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n", stays=False),
    "chat": Visit(b"a message from the experiment\n", opening=b"*\n"),
    "subjects": Visit(b"GET /subjects/{n} HTTP/1.1\r\nHost: lab\r\n\r\n"),
}
TASKS = {
    "hello": "hello",
    "hypotenuse": "math",
    "page": "page",
    "chat": "chat",
    "subjects": "subjects",
}
HIDDEN_ROOMS = {"chat": frozenset({CHECK_ROOM})}
# The file that runs another one and observes it, by whichever Python.
OBSERVE = Path(messages.__file__).resolve().parents[1] / "run" / "observe_file.py"
OBSERVED = frozenset({"console", "source", "wire", "threads", "checks"})


class Catalogue(Mapping[str, Program]):
    """Programs by name, in the order of their numbers; those of the user come last, by title.

    It grows and shrinks while it is read: each change makes a new table.
    """

    def __init__(self, programs: Iterable[Program]) -> None:
        self._programs: dict[str, Program] = {}
        self._keep(programs)

    def __getitem__(self, name: str) -> Program:
        return self._programs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._programs)

    def __len__(self) -> int:
        return len(self._programs)

    def find(self, name: str) -> Program:
        """
        Raises:
            UnknownServer: the catalogue has no program of that name.
        """
        try:
            return self._programs[name]
        except KeyError:
            known = ", ".join(program.name for program in self.values() if not program.own)
            raise UnknownServer(f"there is no server {shown(name)}", f"use {known}") from None

    def add(self, program: Program) -> None:
        self._keep([*self._programs.values(), program])

    def remove(self, name: str) -> None:
        self._keep(program for program in self._programs.values() if program.name != name)

    def _keep(self, programs: Iterable[Program]) -> None:
        def place(program: Program) -> tuple[bool, int, str, str]:
            return program.own is not None, program.number, program.title, program.name

        self._programs = {program.name: program for program in sorted(programs, key=place)}


def catalogue(more: Iterable[Program] = ()) -> Catalogue:
    """The lab's five and `more`."""
    return Catalogue([*(_lab_server(spec) for spec in SERVERS.values()), *more])


def own_program(file: OwnFile, *, example: bool = False) -> Program:
    """A file as a program of the user: observed, on a terminal, in its own folder. `example`: it
    came with the dashboard."""
    breaks = breaks_of(file.path)
    return Program(
        name=file.name,
        title=file.title,
        number=0,
        launch=Launch(
            file=OBSERVE,
            arguments=("--channel", CHANNEL, "--quiet", "{file}", ARGUMENTS),
            folder=file.path.parent,
            interpreter="{python}",
            terminal=True,
        ),
        protocol="",
        capabilities=OBSERVED,
        ready=Ready.SEEN,
        own=file.path,
        example=example,
        visit=Visit(breaks.request.encode(), stays=False) if breaks.request else None,
        breaks=breaks.ways,
    )


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
        task=TASKS[spec.name],
        hidden_rooms=HIDDEN_ROOMS.get(spec.name, frozenset()),
    )
