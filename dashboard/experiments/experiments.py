"""Clients by the thousand against a running program, and a program that is frozen.

Each experiment is a process of its own, so that it takes no time from the dashboard, and ends
with it however that ends. It is bounded in number and in time, and goes only to addresses where
our own running programs listen. What its clients say stands in the catalogue, or is what a real
client of the program was seen to say first.
"""

import base64
import itertools
import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dashboard.errors import BadInput, NotNow, NotRunning, UnknownServer
from dashboard.experiments import kinds
from dashboard.numbers import shown, whole
from dashboard.programs.launch import CHANNEL, Command
from dashboard.programs.program import Visit
from dashboard.supervision.managed import ManagedProgram
from dashboard.supervision.process import Listener
from dashboard.supervision.run import Process
from dashboard.supervision.supervisor import Supervisor
from labservers.clients.crowd import visitors
from labservers.clients.crowd.freeze import thaw
from labservers.net.addresses import connect_host
from labservers.observe import messages
from labservers.observe.text import printable

MOST_AT_ONCE = 16  # experiments of all programs
MOST_ALIVE = 8_000  # clients of all of them
OVERALL_S = 75.0
END_S = 2.0
HELLO = b"hello\n"
UP = frozenset({"RUNNING", "FROZEN"})
LOG = logging.getLogger(__name__)


class Experiments:
    """The experiments that run now. The lock guards the table.

    spawn(command, listener) starts a process. feed(name, code, **values) tells the reader of an
    experiment that begins.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        feed: Callable[..., None],
        spawn: Callable[[Command, Listener], Process],
    ) -> None:
        self._supervisor = supervisor
        self._feed = feed
        self._spawn = spawn
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._showing = threading.Lock()  # so that what is newest is shown last
        self._running: dict[int, Experiment] = {}
        self._openings: dict[str, tuple[int | None, bytes | None]] = {}  # with the process of each
        self._ids = itertools.count(1)

    def start(self, name: str, kind: Any, n: Any) -> dict[str, Any]:
        """Begin one; returns what the page shows of it.

        Raises:
            BadInput: kind or number. UnknownServer, NotRunning: the program. NotNow: it has not
                a socket for this kind, or there are too many.
        """
        if not isinstance(kind, str) or kind not in kinds.NAMES:
            raise BadInput(f"kind: {shown(kind)} is unknown", f"use {', '.join(kinds.NAMES)}")
        server = self._supervisor.server(name)
        plan = self._plan(server, kind, n)
        with self._lock:
            self._make_sure_of_room(plan["n"])
            experiment = Experiment(next(self._ids), server, plan, self._heard)
            try:
                experiment.process = self._spawn(_command(plan), experiment)
            except OSError as error:
                raise NotNow(f"no process for it: {error.strerror}", "stop something") from error
            self._running[experiment.id] = experiment
        self._feed(name, "experiment", kind=kind, n=plan["n"])
        self._show(name)
        return experiment.progress()

    def stop(self, name: str, number: int | None = None) -> None:
        """End one experiment of a program, or all of them; nothing when there is none."""
        self._end(lambda one: one.program == name and number in (None, one.id))

    def close(self) -> None:
        """End all of them."""
        self._end(lambda one: True)

    def program_changed(self, name: str, state: str) -> None:
        """A program that ends takes its experiments with it; they end soon, not now."""
        if state not in UP:
            with self._lock:
                for one in self._running.values():
                    if one.program == name:
                        one.process.terminate()

    def _end(self, chosen: Callable[["Experiment"], bool]) -> None:
        with self._changed:
            ending = [one for one in self._running.values() if chosen(one)]
            for one in ending:
                one.process.terminate()
            if not self._changed.wait_for(lambda: not self._alive(ending), END_S):
                for one in ending:
                    one.process.kill()
                self._changed.wait_for(lambda: not self._alive(ending), END_S)
        for name in {one.program for one in ending}:
            self._show(name)

    def _alive(self, some: list["Experiment"]) -> list["Experiment"]:
        return [one for one in some if one.id in self._running]

    def _make_sure_of_room(self, n: int) -> None:
        if len(self._running) >= MOST_AT_ONCE:
            raise NotNow(f"{MOST_AT_ONCE} experiments run already", "stop one of them")
        alive = sum(one.clients for one in self._running.values())
        if alive + n > MOST_ALIVE:
            raise NotNow(f"{alive} clients are under way already", "wait, or stop them")

    def _plan(self, server: ManagedProgram, kind: str, n: Any) -> dict[str, Any]:
        """The order for its process; see labservers.clients.crowd."""
        name, targets = server.program.name, server.targets()
        most = kinds.fitting(targets).get(kind)
        if server.pid is None or server.state.value not in UP:
            raise NotRunning(f"{name} is not running", "start it, then try again")
        if most is None:
            raise NotNow(f"{name} has not a socket for {kind}", "use another kind")
        try:
            n = whole(n, 1, most)
        except ValueError as error:
            raise BadInput(f"n: {error}", "for example 1") from error
        if kind == "freeze":
            return {"kind": kind, "n": n, "pid": server.pid}
        wanted = next(of for of in targets if kind in kinds.OF_SOCKETS[of])
        host, port = targets[wanted]
        host = connect_host(host)
        known = server.program.visit
        visit = known or Visit(self._opening(server, host) or HELLO, stays=False)
        return {
            "kind": kind,
            "n": n,
            "host": host,
            "port": port,
            "datagrams": wanted == "datagram",
            "opening": base64.b64encode(visit.opening).decode(),
            "request": base64.b64encode(visit.request).decode(),
            "stays": visit.stays,
            "numbered": known is not None,
        }

    def _opening(self, server: ManagedProgram, host: str) -> bytes | None:
        """What the last real client has said first. Where ours could be taken for one, it is that
        of the last client before our first, if there was any."""
        said = server.reports.recorder.opening()
        if visitors.are_marked(host):
            return said
        pid, before = self._openings.get(server.program.name, (None, None))
        if pid == server.pid:
            return before
        self._openings[server.program.name] = server.pid, said
        return said

    def _heard(self, experiment: "Experiment", *, ended: bool) -> None:
        """From the threads of its process."""
        if ended:
            with self._changed:
                self._running.pop(experiment.id, None)
                self._changed.notify_all()
        self._show(experiment.program)

    def _show(self, name: str) -> None:
        with self._showing:
            with self._lock:
                own = [one.progress() for one in self._running.values() if one.program == name]
            with suppress(UnknownServer):  # the program was let go meanwhile
                self._supervisor.set_experiments(name, own)


class Experiment:
    """One that runs: the listener of its process."""

    process: Process

    def __init__(
        self, id: int, server: ManagedProgram, plan: dict[str, Any], heard: Callable[..., None]
    ) -> None:
        self.id, self.program = id, server.program.name
        self.kind, self.clients = plan["kind"], plan["n"]
        self._server = server
        self._frozen = plan.get("pid")
        self._heard = heard
        self._done = self._failed = 0
        self._until = time.monotonic() + OVERALL_S

    def progress(self) -> dict[str, Any]:
        """As the page shows it; `until` in seconds since the epoch."""
        return {
            "id": self.id,
            "kind": self.kind,
            "clients": self.clients,
            "done": self._done,
            "failed": self._failed,
            "until": time.time() + self._until - time.monotonic(),
        }

    def on_print(self, line: str) -> None:
        told = json.loads(line)
        self._done, self._failed = told["done"], told["failed"]
        self._heard(self, ended=False)

    def on_exit(self, returncode: int) -> None:
        if self._frozen is not None and self._server.pid == self._frozen:
            thaw(self._frozen)  # a freeze that was killed has not done so itself
        self._heard(self, ended=True)

    def on_log(self, line: str) -> None:
        LOG.warning("experiment %s of %s: %s", self.kind, self.program, printable(line))

    def on_message(self, message: messages.Message) -> None:
        """Its channel carries none."""

    def on_output(self, data: bytes) -> None:
        """It has not a terminal."""


def _command(plan: dict[str, Any]) -> Command:
    module = ("-m", "labservers.clients.crowd", "--channel", CHANNEL)
    return Command((sys.executable, *module, json.dumps(plan)))
