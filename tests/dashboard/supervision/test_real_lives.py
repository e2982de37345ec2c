"""Random lives of real programs: no second process, no state that stays, no orphan.

REAL_LIVES=300 python -m pytest tests/dashboard/supervision/test_real_lives.py: as many, each time others.
"""

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dashboard.config import Config
from dashboard.errors import NotNow
from dashboard.programs.catalogue import Catalogue, own_program
from dashboard.programs.files import OwnFile
from dashboard.programs.launch import Command, Launch
from dashboard.programs.program import Program
from dashboard.programs.settings import Settings
from dashboard.supervision import port_owner
from dashboard.supervision.lifecycle import TRANSITIONS
from dashboard.supervision.managed import ManagedProgram
from dashboard.supervision.process import Listener, ServerProcess
from dashboard.supervision.saves import RESTARTED, Saves
from dashboard.supervision.supervisor import Supervisor
from dashboard.supervision.surroundings import Surroundings
from tests.conftest import runs

pytestmark = pytest.mark.system
REAL_LIVES = int(os.environ.get("REAL_LIVES", "8"))
SEED = int(os.environ.get("SEED", "0" if "REAL_LIVES" not in os.environ else time.time_ns()))
LENGTH = 10
SETTLES_S = 120.0  # start and stop take some seconds, and the machine may be busy
LISTENS = "import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
IGNORES = "import signal\nfor n in (signal.SIGTERM, signal.SIGINT):\n    signal.signal(n, signal.SIG_IGN)\n"
WAITS = "import signal\nwhile True:\n    signal.pause()\n"
SOURCES = {
    "obeys": LISTENS + WAITS,
    "ignores": IGNORES + LISTENS + WAITS,
    "finishes": "print('done')\n",
    "breaks": LISTENS + "raise SystemExit(3)\n",
    "kills_itself": "import os\nos.kill(os.getpid(), 9)\n",
    "never_listens": WAITS,
    "is_slow": "import time\ntime.sleep(0.4)  # that is its fault\n" + LISTENS + WAITS,
    "has_children": "import subprocess, sys\n"
    "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()', __file__])\n"
    + LISTENS
    + WAITS,
}


class Lives:
    """Real programs under one supervisor, half of them on a terminal and observed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[str] = []
        self.longest_s = 0.0
        self._born: dict[str, list[ServerProcess]] = {}
        programs = Catalogue(self._programs())
        settings = Settings(folder / "servers.json", 8000, programs)
        for program in programs.values():
            if program.own:
                settings.change(program.name, {"python": sys.executable})
        config = Config(
            data_dir=str(folder),
            start_timeout_s=1.5,
            stop_grace_s=0.5,
            frozen_after_s=1.5,
            restart_attempts=1,
            restart_delay_s=0.2,
        )
        around = Surroundings(
            config=config,
            publish=lambda event: None,
            spawn=self._spawn,
            owner=lambda settings, transport: None,
            free_port=lambda settings, transport: None,
            listening=port_owner.listening,
            background=lambda function: threading.Thread(target=function).start(),
        )
        self.supervisor = Supervisor(programs, settings, around, Saves(lambda python, text: ""))
        self.servers = [self.supervisor.server(name) for name in programs]

    def _programs(self) -> Iterator[Program]:
        for number, (name, source) in enumerate(SOURCES.items(), 1):
            path = self.folder / f"{name}.py"
            path.write_text(source)
            yield own_program(OwnFile(path))
            plain = self.folder / f"plain_{name}.py"
            plain.write_text(source)
            yield Program(
                name=f"plain_{name}", title=name, number=number, launch=Launch(file=plain)
            )

    def _spawn(self, command: Command, listener: Listener) -> ServerProcess:
        [file] = [word for word in command.words if word.startswith(str(self.folder))]
        earlier = self._born.setdefault(file, [])
        self.faults += [f"{file}: {one.pid} still runs" for one in earlier if runs(one.pid)]
        earlier.append(ServerProcess(command, listener))
        return earlier[-1]

    def live(self, server: ManagedProgram, chance: random.Random) -> None:
        """One life: random acts, then rest, then its end."""
        name = server.program.name
        for act in [Lives.start, *chance.choices(ACTS, k=LENGTH)]:
            with contextlib.suppress(NotNow):
                act(self, server)
            threading.Event().wait(chance.choice((0, 0, 0.02, 0.2, 0.6)))
        began = time.monotonic()
        if not server.wait_settled(SETTLES_S):
            self.faults.append(f"{name} stays {server.state}: {told(server)}")
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        for _ in range(3):  # a failure is left for STOPPED, a second stop kills
            server.stop()
            server.wait_settled(SETTLES_S)
        if server.pid is not None:
            self.faults.append(f"{name} is stopped, and has process {server.pid}")
        for move in server.reports.moves.newest():
            if TRANSITIONS.get((move.before, move.event)) is not move.after:
                self.faults.append(f"{name} made a move that is not in the table: {move}")

    def start(self, server: ManagedProgram) -> None:
        self.supervisor.start(server.program.name)

    def left(self) -> list[int]:
        """Processes of the programs, and of those that they have started."""
        marked = (p for p in psutil.process_iter(["cmdline"]) if p.pid != os.getpid())
        return [
            p.pid
            for p in marked
            if any(str(self.folder) in word for word in p.info["cmdline"] or [])
        ]


def told(server: ManagedProgram) -> list[str]:
    return [f"{move.event} -> {move.after}" for move in server.reports.moves.newest()]


def signalled(number: signal.Signals) -> Callable[[Lives, ManagedProgram], None]:
    def act(lives: Lives, server: ManagedProgram) -> None:
        with contextlib.suppress(ProcessLookupError):
            if pid := server.pid:
                os.kill(pid, number)

    return act


ACTS: list[Callable[[Lives, ManagedProgram], object]] = [
    Lives.start,
    Lives.start,
    lambda lives, server: server.stop(),
    lambda lives, server: server.restart(),
    lambda lives, server: server.restart(RESTARTED),
    lambda lives, server: server.kill(),
    lambda lives, server: server.interrupt(),
    signalled(signal.SIGKILL),
    signalled(signal.SIGTERM),
    signalled(signal.SIGSTOP),
]


def test_any_real_life(tmp_path: Path, eventually: Callable[..., Any]) -> None:
    lives = Lives(tmp_path)
    chance = random.Random(SEED)
    todo = [
        (lives.servers[(2 * n + (n + n // 8) % 2) % 16], random.Random(chance.random()))
        for n in range(REAL_LIVES)
    ]

    def live_those_of(server: ManagedProgram) -> None:
        try:
            for one, own_chance in todo:
                if one is server:
                    lives.live(server, own_chance)
        except Exception as error:
            lives.faults.append(f"{server.program.name}: {error!r}")

    threads = [threading.Thread(target=live_those_of, args=(server,)) for server in lives.servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lives.supervisor.close(2.0)
    print(f"{REAL_LIVES} lives, SEED={SEED}, the longest way to rest took {lives.longest_s:.1f} s")
    assert lives.faults == []
    eventually(lambda: lives.left() == [], "no orphan")
