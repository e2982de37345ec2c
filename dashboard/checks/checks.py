"""Checks that run, one at a time for a program, each a process of its own.

A program of the user is checked as a copy of its own, so that nothing of the one that runs is
disturbed. A running one, and the lab's, is checked by its address, from outside.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard import json_text, whole_file
from dashboard.checks.ask import Ask
from dashboard.checks.command import command
from dashboard.checks.kept import Kept, Report
from dashboard.checks.one import Check
from dashboard.errors import BadInput, NotNow, NotRunning, UnknownServer
from dashboard.live.events import EventDict
from dashboard.numbers import shown
from dashboard.programs.files import Stamp, stamp
from dashboard.programs.launch import Command
from dashboard.recording import talk
from dashboard.supervision.managed import ManagedProgram
from dashboard.supervision.process import Listener
from dashboard.supervision.run import Process
from dashboard.supervision.supervisor import Supervisor
from dashboard.troubles import Troubles
from labservers.checks.texts import has

MOST_AT_ONCE = 2  # of all programs: they take processor time, and clients in crowds
SETTLE_S = 10.0
LOOK_S = 0.05
END_S = 1.8  # from its cancel on: a check gives itself 0.3 s then, and clears up

Json = dict[str, Any]


class Checks:
    """What runs now, and what was found. The lock guards the table of checks.

    publish(event) sends to the tabs that look. spawn(command, listener) starts a process. end_s:
    how long one may take to end before it is killed.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        folder: Path,
        publish: Callable[[EventDict], None],
        spawn: Callable[[Command, Listener], Process],
        end_s: float = END_S,
        troubles: Troubles | None = None,
    ) -> None:
        self._supervisor = supervisor
        self._folder = folder
        self._publish = publish
        self._spawn = spawn
        self._end_s = end_s
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._newest: dict[str, Check] = {}
        self.kept = Kept(folder, troubles)

    def start(self, name: str, asked: Json) -> Json:
        """Begin a check; returns what the page shows of it.

        asked: {task, running, stop, stream}, all of them optional. running: check the one that
        runs, by its address. stop: stop it first. stream: the id of a recorded connection, which
        is the conversation to hold.

        Raises:
            BadInput, UnknownServer. NotRunning, NotNow: the program, or too many checks.
        """
        ask = Ask.of(asked)
        server = self._supervisor.server(name)
        by_address = ask.running or server.program.own is None
        recorded = self._recorded(name, ask.stream)
        if not by_address and server.alive:
            self._stop_first(name, ask)
        return self._begin(Check(name, ask._replace(running=by_address)), recorded)

    def again(self, name: str, probe: Any) -> Json:
        """Show one probe again, slowly, with the program that runs; it is started where it does
        not. The conversation is that of the newest report."""
        if not isinstance(probe, str) or not has(f"probe.{probe}"):
            raise BadInput(f"probe: {shown(probe)} is unknown", "see probes in the report")
        server = self._supervisor.server(name)
        if not server.alive:
            self._supervisor.start(name)
            self._wait_for_a_socket(server)
        self._supervisor.wait_settled(name, SETTLE_S)
        report = self.kept.get(name)
        held = report.reports["en"].get("conversation") if report else None
        return self._begin(Check(name, Ask(running=True), probe), held)

    @staticmethod
    def _wait_for_a_socket(server: ManagedProgram) -> None:
        """Of a program that has just been started; it may run for a while before it listens."""
        until = time.monotonic() + SETTLE_S
        while server.alive and not server.targets() and time.monotonic() < until:
            time.sleep(LOOK_S)

    def cancel(self, name: str) -> None:
        """End the check of a program; nothing when there is none."""
        self._end([one for one in self._under_way() if one.program == name])

    def cancel_all(self) -> None:
        """Without a wait; close() has it."""
        self._cancel(self._under_way())

    def close(self) -> None:
        self._end(self._under_way())

    def forget(self, name: str) -> None:
        """Of a program that is let go: its newest check, unless that is still ending, and its
        newest report."""
        with self._lock:
            if (check := self._newest.get(name)) and not check.under_way:
                del self._newest[name]
        self.kept.forget(name)

    def view(self, name: str) -> Json:
        """{state, again, progress, began_at, ended_at, error, asked, reported_at, verdict,
        changed}: the newest check, and the newest report. changed: the file was saved since."""
        with self._lock:
            check = self._newest.get(name)
        report = self.kept.get(name)
        return {
            **(check.view() if check else NEVER),
            "reported_at": report.at if report else None,
            "verdict": report.reports["en"]["verdict"] if report else None,
            "changed": bool(report and report.file and report.file != self._stamp(name)),
        }

    def event(self, name: str) -> EventDict:
        return {"kind": "check", "name": name, **self.view(name)}

    def _recorded(self, name: str, stream: int | None) -> Json | None:
        """The conversation that was recorded on a connection."""
        if stream is None:
            return None
        recorder = self._supervisor.server(name).reports.recorder
        found = recorder.read(lambda wire: wire.copy(stream))
        if not found:
            raise BadInput(f"stream: there is no connection {stream}", "see the wire")
        return talk.recorded(*found[0])

    def _stop_first(self, name: str, ask: Ask) -> None:
        if not ask.stop:
            raise NotNow(
                f"{name} runs, and its port is taken for a copy of it",
                "stop it first, or check the one that runs",
            )
        self._supervisor.stop(name)
        self._supervisor.wait_settled(name, SETTLE_S)

    def _begin(self, check: Check, conversation: Json | None) -> Json:
        server = self._supervisor.server(check.program)
        targets = server.targets() if check.ask.running else {}
        if check.ask.running and not targets:
            raise NotRunning(f"{check.program} has no socket to check", "start it, then try again")
        with self._lock:
            running = [one for one in self._newest.values() if one.under_way]
            if any(one.program == check.program for one in running):
                raise NotNow(f"{check.program} is being checked", "wait, or cancel it")
            if len(running) >= MOST_AT_ONCE:
                raise NotNow(f"{MOST_AT_ONCE} checks run already", "wait, or cancel one of them")
            self._write(check, conversation)
            try:
                known = conversation is not None
                words = command(server, check, self._folder, targets, known=known)
                check.file = None if check.ask.running else self._stamp(check.program)
                check.heard = self._heard
                check.process = self._spawn(words, check)
            except OSError as error:
                raise NotNow(f"no process for it: {error.strerror}", "stop something") from error
            self._newest[check.program] = check
        self._publish(self.event(check.program))
        return self.view(check.program)

    def _write(self, check: Check, conversation: Json | None) -> None:
        """The file that the process reads; what an earlier one wrote is removed. It is written
        where there is no conversation as well: a report will need the room."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            check.report_path(self._folder).unlink(missing_ok=True)
            whole_file.write(check.talk_path(self._folder), json.dumps(conversation))
        except OSError as error:
            raise NotNow(
                f"a check cannot write to {self._folder}: {error.strerror}",
                "make room there, or make the folder writable",
            ) from error

    def _heard(self, check: Check, *, ended: bool) -> None:
        """From the threads of its process."""
        if ended:
            self._keep(check)
            with self._changed:
                check.ended_at = time.time()
                self._changed.notify_all()
        with contextlib.suppress(UnknownServer):  # forgotten meanwhile
            self._publish(self.event(check.program))

    def _keep(self, check: Check) -> None:
        path = check.report_path(self._folder)
        try:
            reports = json_text.parse(path.read_bytes())
            path.unlink()
        except (OSError, ValueError):
            return
        check.reported = True
        asked = check.ask._asdict()
        self.kept.put(check.program, Report(time.time(), reports, asked, check.file))

    def _under_way(self) -> list[Check]:
        with self._lock:
            return [one for one in self._newest.values() if one.under_way]

    @staticmethod
    def _cancel(checks: list[Check]) -> None:
        for one in checks:
            if not one.cancelled:
                one.cancelled, one.cancelled_at = True, time.monotonic()
                one.process.terminate()

    def _end(self, ending: list[Check]) -> None:
        self._cancel(ending)
        since = min((one.cancelled_at for one in ending), default=0.0)
        if not self._have_ended(ending, since + self._end_s - time.monotonic()):
            for one in ending:
                one.process.kill()
            self._have_ended(ending, self._end_s)

    def _have_ended(self, ending: list[Check], within_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(
                lambda: not any(one.under_way for one in ending), max(0.0, within_s)
            )

    def _stamp(self, name: str) -> Stamp | None:
        file = self._supervisor.server(name).program.own
        return stamp(file) if file else None


NEVER: Json = {
    "state": "never",
    "again": None,
    "progress": None,
    "began_at": None,
    "ended_at": None,
    "error": "",
    "asked": {},
}
