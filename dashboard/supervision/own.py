"""The user's programs: files that come into the catalogue, change on disk, and leave it."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.errors import BadInput, NotNow
from dashboard.live.events import EventDict
from dashboard.programs.catalogue import Catalogue, own_program
from dashboard.programs.files import OwnFile, in_place, stamp
from dashboard.programs.program import TURN_BACK, Program
from dashboard.programs.pythons import Pythons
from dashboard.programs.settings import Settings
from dashboard.programs.shelf import Shelf
from dashboard.supervision.hosts import with_choices
from dashboard.supervision.supervisor import Supervisor
from dashboard.troubles import Troubles


class OwnPrograms:
    """Between the shelf, the catalogue and the supervisor. The lock makes each move one.

    A file that was looked at or started is a program from then on, also after the dashboard's
    end: the settings remember it.
    """

    def __init__(
        self,
        shelf: Shelf,
        pythons: Pythons,
        programs: Catalogue,
        settings: Settings,
        supervisor: Supervisor,
        publish: Callable[[EventDict], None],
        troubles: Troubles,
    ) -> None:
        self._troubles = troubles
        self._shelf = shelf
        self._pythons = pythons
        self._programs = programs
        self._settings = settings
        self._supervisor = supervisor
        self._publish = publish
        self._lock = threading.RLock()
        self._listed: list[dict[str, Any]] = []
        self._told: tuple[dict[str, OwnFile], set[str]] = ({}, set())

    def remember(self) -> None:
        """Take the programs back that were there at the last end."""
        files = self._shelf.files() if self._settings.others else {}
        for name in self._settings.others:
            if name in files:
                self._add(files[name])

    def files(self, *, anew: bool = False) -> list[dict[str, Any]]:
        """Files to open: {id, title, folder, started, example}; started: it is a program."""
        files = self._shelf.files(anew=anew).values()
        return [
            {
                "id": file.name,
                "title": file.title,
                "folder": file.folder,
                "started": file.name in self._programs,
                "example": self._shelf.is_example(file),
            }
            for file in files
        ]

    def take_opened(self) -> None:
        """Files that were named on a command line become programs."""
        files = self._shelf.files(anew=True)
        for path in self._shelf.opened.files():
            name = OwnFile(Path(os.path.realpath(path))).name
            if name in files:
                self.open(name)

    def open(self, name: str) -> Program:
        """The program of that name; a file becomes one.

        Raises:
            UnknownServer: there is neither.
        """
        if name in self._programs:
            return self._programs[name]
        file = self._shelf.find(name)
        usual = self._pythons.usual()
        with self._lock:
            if name not in self._programs:
                self._add(file, usual)
        self.publish_files()
        return self._programs[name]

    def forget(self, name: str) -> None:
        """Let a program go; its file is not touched.

        Raises:
            UnknownServer: there is none. NotNow: it runs, or is not the user's.
        """
        with self._lock:
            server = self._supervisor.server(name)
            if server.program.own is None:
                raise NotNow(f"{name} is one of the lab's servers", "it stays")
            server.retire()
            with self._troubles.where_it_fails("opened", server.program.title):
                self._shelf.opened.remove(server.program.own)
            self._programs.remove(name)
            self._supervisor.remove(name)
            self._settings.forget(name)
        self._publish({"kind": "gone", "name": name})
        self.publish_files(anew=True)

    def checked(self, name: str, chosen: dict[str, Any]) -> dict[str, Any]:
        """The choices for a start, with the path of the Python as it was found.

        Raises:
            UnknownServer: there is no such program. BadInput: its file is gone, or elsewhere now,
                or the Python.
        """
        program = self._programs.find(name)
        if program.own is not None:
            if stamp(program.own) is None:
                raise BadInput(f"{program.title} is gone from {program.own.parent}", "put it back")
            if not in_place(program.own):
                raise BadInput(program.turned_into_a_link, TURN_BACK)
        if chosen.get("python") is None:
            return chosen
        return {**chosen, "python": self._pythons.resolved(chosen["python"])}

    def publish_files(self, *, anew: bool = False) -> None:
        """Tell every tab of the list, where it has changed."""
        with self._lock:
            now = (self._shelf.files(anew=anew), set(self._programs))
            if now[0] is self._told[0] and now[1] == self._told[1]:
                return  # asked for with each message of each tab
            self._told, files = now, self.files()
            if files != self._listed:
                self._listed = files
                self._publish({"kind": "files", "name": "", "files": files})

    def _add(self, file: OwnFile, python: str = "") -> None:
        program = own_program(file, example=self._shelf.is_example(file))
        with self._lock:
            self._settings.add(program, python)
            server = self._supervisor.add(program)
            self._programs.add(program)
        [view] = with_choices([server.view()])
        self._publish({"kind": "server", "server": view})
