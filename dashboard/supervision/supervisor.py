"""The programs together: wishes of their users, and the clock that watches them."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from dashboard.errors import LabError, NotRunning
from dashboard.numbers import shown
from dashboard.programs.catalogue import Catalogue
from dashboard.programs.program import Program
from dashboard.programs.settings import ServerSettings, Settings
from dashboard.supervision.hosts import with_choices
from dashboard.supervision.managed import ManagedProgram
from dashboard.supervision.saves import Saves
from dashboard.supervision.set_clock import SetClock
from dashboard.supervision.surroundings import Surroundings
from labservers.observe import messages

TICK_S = 0.1
LOOK_S = 1.0
GIVE_BACK_S = 20.0
LOG = logging.getLogger(__name__)


class Supervisor:
    """Start, stop and watch the servers. Asking never blocks; the result is an event."""

    def __init__(
        self, programs: Catalogue, settings: Settings, world: Surroundings, saves: Saves
    ) -> None:
        self._programs = programs
        self._saves = saves
        self._world = world
        self._settings = settings
        self._servers = {
            name: ManagedProgram(program, settings, world) for name, program in programs.items()
        }
        self._set_clock = SetClock(world.clock, world.wall)
        self._closing = threading.Event()
        self._watchers: list[threading.Thread] = []
        self._watchers_lock = threading.Lock()

    def server(self, name: str) -> ManagedProgram:
        """
        Raises:
            UnknownServer: the catalogue has no program of that name.
        """
        return self._servers[self._programs.find(name).name]

    def add(self, program: Program) -> ManagedProgram:
        """Supervise a program that is about to come into the catalogue."""
        server = ManagedProgram(program, self._settings, self._world)
        self._servers = {**self._servers, program.name: server}
        return server

    def remove(self, name: str) -> None:
        """Supervise one no longer; it does not run."""
        server = self._servers[name]
        self._servers = {other: kept for other, kept in self._servers.items() if other != name}
        server.reports.forget()

    def own(self) -> list[ManagedProgram]:
        """The user's programs."""
        return [server for server in self._all() if server.program.own]

    def _all(self) -> list[ManagedProgram]:
        """In the order of the catalogue."""
        servers = self._servers
        return [servers[name] for name in self._programs if name in servers]

    def view(self, name: str) -> dict[str, Any]:
        return with_choices([self.server(name).view()])[0]

    def views(self) -> list[dict[str, Any]]:
        return with_choices([server.view() for server in self._all()])

    def by_pid(self) -> dict[int, ManagedProgram]:
        """The programs that have a process."""
        return {s.pid: s for s in self._servers.values() if s.pid is not None}

    def recorded_bytes(self) -> int:
        """Memory of all recordings."""
        return self._world.memory.used()

    def taken_ports(self) -> set[int]:
        """Ports that the servers use or will use."""
        return {server.settings.port for server in self._servers.values()}

    def start(self, name: str, **chosen: Any) -> bool:
        """Start a server, on another host, port or model if given; False when it runs already.

        Raises:
            UnknownServer, BadInput, NotNow: as configure().
        """
        server = self.server(name)
        self._watch()
        return server.start(chosen)

    def stop(self, name: str) -> bool:
        return self.server(name).stop()

    def restart(self, name: str) -> bool:
        self._watch()
        return self.server(name).restart()

    def kill(self, name: str) -> bool:
        return self.server(name).kill()

    def interrupt(self, name: str) -> bool:
        return self.server(name).interrupt()

    def start_all(self) -> bool:
        """The servers of the lab."""
        self._watch()
        started = [server.start() for server in self._all() if not server.program.own]
        return any(started)

    def stop_all(self) -> bool:
        """Ask all that live to end; a program that is ending already is left to its deadline."""
        asked = [server.stop(again_kills=False) for server in self._servers.values()]
        return any(asked)

    def configure(self, name: str, **chosen: Any) -> ServerSettings:
        """Remember host, port and model for the next start.

        Raises:
            UnknownServer: the name. BadInput: a value. NotNow: it runs, on something else.
        """
        return self.server(name).configure(chosen)

    def wait_settled(self, name: str, timeout_s: float) -> bool:
        return self.server(name).wait_settled(timeout_s)

    def connect_address(self, name: str) -> tuple[str, int]:
        """Where to reach a running server.

        Raises:
            UnknownServer: the name. NotRunning: it does not run.
        """
        address = self.server(name).address()
        if address is None:
            server = self.server(name)
            port = "a port" if server.program.own else f"port {server.settings.port}"
            raise NotRunning(f"{name} is not running on {port}", "start it, then try again")
        return address

    def look(self, looks: dict[str, messages.Look], otherwise: messages.Look) -> None:
        """Choose the reports that each server sends."""
        for name, server in self._servers.items():
            server.look(looks.get(name, otherwise))

    def set_experiments(self, name: str, experiments: list[dict[str, Any]]) -> None:
        self.server(name).set_experiments(experiments)

    def close(self, timeout_s: float) -> None:
        """Stop all; kill those that have not ended in time."""
        self._closing.set()
        for server in self._servers.values():
            server.close()
        deadline = self._world.clock() + timeout_s
        for server in self._servers.values():
            if not server.wait_settled(max(0.0, deadline - self._world.clock())):
                server.kill()
        for server in self._servers.values():
            server.wait_settled(1.0)
            server.reports.log.close()
        for watcher in self._watchers:
            watcher.join(1.0)

    def tick(self) -> None:
        if by := self._set_clock.look():
            self._each(lambda server: server.clock_was_set(by), self._servers.values())
            self._world.clock_was_set(by)
        self._each(ManagedProgram.tick, self._servers.values())

    def look_at_sockets(self) -> None:
        self._each(ManagedProgram.look_at_sockets, self._servers.values())

    def _each(
        self, look: Callable[[ManagedProgram], None], servers: Iterable[ManagedProgram]
    ) -> None:
        """A fault for one program, as a thread that the system does not grant, is in the
        dashboard's log and leaves the others watched."""
        for server in servers:
            try:
                look(server)
            except Exception:
                LOG.exception("the watch of %s broke", server.program.name)

    def _watch(self) -> None:
        with self._watchers_lock:
            if not self._watchers:
                for work in (self._tick_forever, self._look_forever, self._ask_forever):
                    name = f"supervisor{work.__name__}"
                    self._watchers.append(threading.Thread(target=work, name=name, daemon=True))
                    self._watchers[-1].start()

    def _tick_forever(self) -> None:
        give_back_at = 0.0
        while not self._closing.wait(TICK_S):
            self.tick()
            if self._world.clock() >= give_back_at:
                give_back_at = self._world.clock() + GIVE_BACK_S
                self._world.give_back()

    def _ask_forever(self) -> None:
        """The kernel's tables are those of the whole machine, so they may be long."""
        while not self._closing.wait(TICK_S):
            self.look_at_sockets()

    def _look_forever(self) -> None:
        """A look at a saved file may ask a Python, which takes its time: no deadline waits."""
        while not self._closing.wait(LOOK_S):
            self._each(self._saves.look, self.own())


def only(values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The named values of a request's body.

    Raises:
        LabError: it holds other names as well.
    """
    known = set(names)
    unknown = sorted(set(values) - known)
    if unknown:
        raise LabError(
            f"unknown field {shown(unknown[0])}", f"known are {', '.join(sorted(known))}"
        )
    return values
