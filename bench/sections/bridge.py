"""The browser's way into the chat: the dashboard's websocket, two other bridges, and none.

All of them stand before our own chat server, on the server's core with it.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.arena import CannotStart, Run, free_port, started, wait_for_answer
from bench.bars import Bar
from bench.children import Child, group_cpu_s
from bench.contenders import ours
from bench.generator import LoadFailed, Outcome
from bench.results import OURS, Table
from bench.sections.dashboard import TOKEN, Dashboard
from bench.talks import Talk, outcomes, talking

AIOHTTP, WEBSOCKIFY, WITHOUT = "aiohttp bridge", "websockify", "no bridge"
TURNS, QUICK_TURNS = 25, 12
KINDS = {OURS: "dashboard", AIOHTTP: "aiohttp", WEBSOCKIFY: "websockify", WITHOUT: "raw"}
NOTES = {
    OURS: "JSON, with names, senders, tokens and bounds",
    AIOHTTP: "JSON, a message a frame, unbounded",
    WEBSOCKIFY: "bytes, a process for each member",
    WITHOUT: "members by TCP",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """So many rooms with so many members, and messages on their way in each."""

    key: str
    title: str
    rooms: int
    members: int
    window: int


SCENES = (
    Scene("bridge", "one room of 10 browsers, 16 messages in flight", 1, 10, 16),
    Scene("bridge rooms", "16 browsers in 16 rooms, a message in flight in each", 16, 1, 1),
    Scene("bridge crowd", "one room of 50 browsers, 16 messages in flight", 1, 50, 16),
)
BARS: tuple[Bar, ...] = (
    Bar("browser's chat, round trip, 10 browsers", "bridge trip", 1.2, "<=", (WEBSOCKIFY,)),
    Bar("browser's chat, 16 browsers in 16 rooms", "bridge rooms", 1.0, peers=(AIOHTTP,)),
    Bar("browser's chat, one room of 50", "bridge crowd", 1.0, peers=(AIOHTTP,)),
    Bar("browser's chat, every message in order", "bridge complete", 100.0, unit=" %"),
)


def measure(run: Run) -> list[Table]:
    flows = [Table(scene.key, f"chat by websocket: {scene.title}", "delivered/s")
             for scene in SCENES]  # fmt: skip
    trip = Table("bridge trip", "chat by websocket, from saying to all 10 browsers", "ms", "less")
    complete = Table("bridge complete", "chat by websocket: all got everything in order", "%")
    for _ in range(run.fewer(3)):
        _one_round(run, flows, trip, complete)
    return [*flows, trip, complete]


@dataclass(frozen=True, slots=True)
class Way:
    """Where the members go to, and the process groups that serve them."""

    port: int
    groups: tuple[int, ...]

    def cpu_s(self) -> float:
        return sum(map(group_cpu_s, self.groups))


def _one_round(run: Run, flows: list[Table], trip: Table, complete: Table) -> None:
    """All ways at the same time, in turns; one that fails is left out."""
    worst = {name: 100.0 for name in KINDS if name not in trip.left_out}

    def leave_out(name: str, error: Exception) -> None:
        run.say(f"  {name} is left out: {error}")
        del worst[name]
        for table in (*flows, trip, complete):
            table.left_out[name] = str(error)

    with contextlib.ExitStack() as stack:
        ways: dict[str, Way] = {}
        for name in list(worst):
            try:
                ways[name] = stack.enter_context(_way(run, name))
            except (CannotStart, OSError, ValueError) as error:
                leave_out(name, error)
        for scene, flow in zip(SCENES, flows, strict=True):
            for name, outcome in _looks(run, scene, {name: ways[name] for name in worst}).items():
                if isinstance(outcome, Exception):
                    leave_out(name, outcome)
                    continue
                rate = outcome.figures["rate"]
                flow.row(name).add(rate, **outcome.busy(rate))
                flow.row(name).note = NOTES[name]
                worst[name] = min(worst[name], outcome.figures["complete"])
                if scene is SCENES[0]:
                    trip.row(name).add(outcome.figures["round_trip_ms"])
    for name, whole in worst.items():
        complete.row(name).add(whole)


def _looks(run: Run, scene: Scene, ways: dict[str, Way]) -> dict[str, Outcome | LoadFailed]:
    talks: dict[str, Talk] = {}
    failed: dict[str, Outcome | LoadFailed] = {}
    with contextlib.ExitStack() as stack:
        for name, way in ways.items():
            run.say(f"  {scene.key}: {name}")
            words = (KINDS[name], scene.rooms, scene.members, scene.window, TOKEN)
            try:
                talks[name] = stack.enter_context(talking(run, "bridge", way, *words))
            except LoadFailed as error:
                failed[name] = error
        return failed | outcomes(talks, int(run.pick(QUICK_TURNS, TURNS)))


@contextlib.contextmanager
def _way(run: Run, name: str) -> Iterator[Way]:
    if name == OURS:
        with (
            tempfile.TemporaryDirectory(dir=run.folder) as folder,
            Dashboard(Path(folder), core=run.cores.server) as dashboard,
        ):
            dashboard.start("chat")
            yield Way(dashboard.port, (dashboard.child.pid, dashboard.pid_of("chat")))
        return
    with started(run, ours("chat")) as chat:
        if name == WITHOUT:
            yield Way(chat.port, (chat.child.pid,))
            return
        port = free_port()
        with Child(_words(run, name, port, chat.port), core=run.cores.server) as bridge:
            wait_for_answer(bridge, port, udp=False)
            yield Way(port, (chat.child.pid, bridge.pid))


def _words(run: Run, name: str, port: int, chat: int) -> list[str]:
    """The command line of another bridge.

    Raises:
        CannotStart: it is not installed.
    """
    package = {AIOHTTP: "aiohttp", WEBSOCKIFY: "websockify"}[name]
    if lacking := run.peers.lacks((package,)):
        raise CannotStart(lacking)
    python = str(run.peers.python)
    if name == WEBSOCKIFY:
        return [python, "-m", package, f"127.0.0.1:{port}", f"127.0.0.1:{chat}"]
    return [python, "-m", "bench.peers.aiohttp_bridge", "--port", str(port), "--chat", str(chat)]
