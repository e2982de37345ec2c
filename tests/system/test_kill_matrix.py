"""However the dashboard ends, all that it runs is gone within 2 s, and every port is free. On a
machine that is overloaded it takes longer by as much.

Each end meets all kinds of programs at once: the five of the lab, and programs of a user that are
hard to end.
"""

import os
import pty
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from labservers.checks.patience import strain
from tests.conftest import runs
from tests.ports import free_port
from tests.system.conftest import GONE_S, take_terminal
from tests.system.hard_to_end import CHECKED, CHECKS, PROGRAMS, HardToEnd

pytestmark = pytest.mark.system
GUNICORN = ["gunicorn", "-k", "gthread", "-w", "1", "--threads", "128", "-b", "127.0.0.1:{port}"]


class Full:
    """A dashboard that runs the five and all programs that are hard to end."""

    def __init__(
        self, run_dashboard: Any, folder: Path, eventually: Any, *words: str, **options: Any
    ):
        self.folder = folder / "programs"
        self.programs = [HardToEnd(self.folder, kind, free_port()) for kind in PROGRAMS]
        (self.folder / "checked.py").write_text(CHECKED)
        environment = {
            "SOCKETLAB_PROGRAMS": str(self.folder),
            **options.pop("environment", {}),
        }
        self.dashboard = run_dashboard(*words, environment=environment, **options)
        self.ports = {*self.dashboard.ports.values(), *(program.port for program in self.programs)}
        self._eventually = eventually
        files = self.dashboard.api("GET", "/api/programs")["files"]
        mine = {f"{kind}.py" for kind in PROGRAMS}
        self.own = {file["title"]: file["id"] for file in files if file["title"] in mine}
        [self._checked] = [file["id"] for file in files if file["title"] == "checked.py"]
        self.start()

    def start(self) -> None:
        """Until the five answer, and all others have their processes and their ports."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.dashboard.start, self.dashboard.ports))
            views = list(pool.map(self._start, self.own.values()))
        self.dashboard.born |= {view["pid"] for view in views}
        for program in self.programs:
            self.dashboard.born |= self._eventually(program.born, program.file.name, 30)
        self._eventually(lambda: self.taken() == self.ports, "all listen", 30)

    def _start(self, name: str) -> Any:
        return self.dashboard.api("POST", f"/api/programs/{name}/start", {})

    def check(self) -> None:
        """A check is under way as well, of a program that is hard to end."""
        self.dashboard.api("POST", f"/api/programs/{self._checked}/check", {})

        def begun() -> list[int]:
            found = self.dashboard.workers()
            return found if len(found) >= CHECKS else []

        self.dashboard.born |= set(self._eventually(begun, "the check runs", 30))

    def lives(self) -> set[tuple[str, str, int]]:
        """Of each program that runs: its name, its state, its process."""
        views = self.dashboard.api("GET", "/api/servers")["servers"]
        return {(view["name"], view["state"], view["pid"]) for view in views if view["pid"]}

    def freeze(self) -> None:
        """The five, the guards of all others, and the checker: none hears of the dashboard's end
        by itself."""
        for name, _, pid in self.lives():
            for one in self.guards(pid) if name in self.own.values() else [pid]:
                os.kill(one, signal.SIGSTOP)
        for one in psutil.Process(self.dashboard.process.pid).children():
            if "check" in one.cmdline():
                for guard in one.children(recursive=True)[:2]:
                    guard.suspend()
                one.suspend()

    def own_guards(self) -> list[list[int]]:
        return [self.guards(pid) for name, _, pid in self.lives() if name in self.own.values()]

    def guards(self, pid: int) -> list[int]:
        """The two of a program: its parent, and the parent of that."""
        return [guard.pid for guard in psutil.Process(pid).parents()[:2]]

    def taken(self) -> set[int]:
        """The ports that a program has."""
        return {port for port in self.ports if is_taken(port)}

    def all_gone(self) -> None:
        began = time.monotonic()
        self._eventually(lambda: not self.dashboard.alive(), "all are gone")
        self._eventually(lambda: not self.taken(), "all ports are free")
        assert time.monotonic() - began <= GONE_S * strain()


def is_taken(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return True
    return False


@pytest.fixture
def full(
    run_dashboard: Callable[..., Any], tmp_path: Path, eventually: Callable[..., Any]
) -> Callable[..., Full]:
    """full("--debug"): see Full."""
    return lambda *words, **options: Full(run_dashboard, tmp_path, eventually, *words, **options)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_a_signal(full: Callable[..., Full], number: signal.Signals) -> None:
    """A check is under way. SIGKILL comes where all of it is frozen as well."""
    lab = full()
    lab.check()
    if number == signal.SIGKILL:
        lab.freeze()
    lab.dashboard.process.send_signal(number)
    lab.all_gone()
    lab.dashboard.process.wait(30)


def test_a_guard_of_each_program_and_the_dashboard(full: Callable[..., Full]) -> None:
    """Of one program the inner guard, of the next one the outer."""
    lab = full()
    killed = [pair[number % 2] for number, pair in enumerate(lab.own_guards())]
    lab.dashboard.process.send_signal(signal.SIGSTOP)  # it has no part in it
    for pid in (*killed, lab.dashboard.process.pid):
        os.kill(pid, signal.SIGKILL)
    lab.all_gone()


@pytest.mark.parametrize("end", ["closed", "^C"])
def test_the_terminal(full: Callable[..., Full], eventually: Callable[..., Any], end: str) -> None:
    """With --debug, so that two processes of the dashboard are on it."""
    main, side = pty.openpty()
    # Of its own session the terminal's end is a SIGHUP, and ^C a SIGINT for the dashboard and its
    # reloader's worker, not for the servers' own sessions.
    lab = full("--debug", stdin=side, preexec_fn=take_terminal(side), start_new_session=False)
    os.close(side)
    workers = lab.dashboard.workers()
    if end == "^C":
        os.write(main, b"\x03")
    else:
        os.close(main)
    lab.all_gone()
    lab.dashboard.process.wait(30)
    eventually(lambda: not any(map(runs, workers)), "the worker is gone as well")
    if end == "^C":
        os.close(main)


@pytest.mark.parametrize("whom", ["parent", "worker"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_of_debug(
    full: Callable[..., Full], eventually: Callable[..., Any], whom: str, number: signal.Signals
) -> None:
    lab = full("--debug")
    worker = lab.dashboard.worker.pid
    os.kill(lab.dashboard.process.pid if whom == "parent" else worker, number)
    lab.all_gone()
    eventually(lambda: not runs(worker), "the worker is gone as well")


def test_a_reload_of_debug(
    full: Callable[..., Full], eventually: Callable[..., Any], checkout: Path
) -> None:
    lab = full("--debug", cwd=checkout)
    touched = checkout / "dashboard" / "config.py"
    touched.write_text(touched.read_text() + "\n")
    eventually(lambda: not lab.dashboard.alive(), "the reload ended all")
    lab.dashboard.wait_for_answer()
    assert lab.dashboard.start("chat")


@pytest.mark.parametrize(
    ("whom", "number"),
    [("parent", signal.SIGTERM), ("parent", signal.SIGKILL), ("worker", signal.SIGKILL)],
)
def test_a_process_of_gunicorn(
    full: Callable[..., Full], whom: str, number: signal.Signals
) -> None:
    """A killed worker has a successor, which runs nothing yet."""
    lab = full("dashboard:create_app()", command=GUNICORN)
    os.kill(lab.dashboard.process.pid if whom == "parent" else lab.dashboard.worker.pid, number)
    lab.all_gone()


def test_suspended_and_woken_all_goes_on(
    full: Callable[..., Full], eventually: Callable[..., Any]
) -> None:
    """As when the machine sleeps: nothing runs for longer than a silent program may take."""
    lab = full(environment={"SOCKETLAB_FROZEN_AFTER_S": "3"})
    before = eventually(
        lambda: (now := lab.lives()) and {s for _, s, _ in now} == {"RUNNING"} and now
    )
    asleep = [lab.dashboard.process.pid, *lab.dashboard.born]
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    threading.Event().wait(3.5)
    for pid in asleep:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: lab.lives() == before, "the same processes run")
    for program in lab.programs:
        with socket.create_connection(("127.0.0.1", program.port), 30) as client:
            client.sendall(b"awake?")
            assert client.recv(100) == b"awake?"


def test_stop_kill_and_a_save_leave_nothing_of_a_program(
    full: Callable[..., Full], eventually: Callable[..., Any]
) -> None:
    lab = full()
    born = {program.kind: program.born() for program in lab.programs}
    for kind, act in (("daemon", "stop"), ("children", "stop"), ("stubborn", "kill")):
        lab.dashboard.api("POST", f"/api/programs/{lab.own[f'{kind}.py']}/{act}", {})
        eventually(lambda kind=kind: not any(map(runs, born[kind])), f"{kind}: {act}")
    [saved] = [program for program in lab.programs if program.kind == "session"]
    name = lab.own["session.py"]
    lab.dashboard.api("POST", f"/api/programs/{name}/settings", {"restart_on_save": True})
    saved.forget()
    saved.file.write_text(saved.file.read_text() + "\n")
    lab.dashboard.born |= eventually(saved.born, "it is started again", 30)
    assert not any(map(runs, born["session"]))
