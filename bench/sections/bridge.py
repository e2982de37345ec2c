"""The browser's way into the chat: the dashboard's websocket beside websockify, and no bridge.

Both bridges stand before our own chat server, on the server's core with it.
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
from bench.figures import rotated
from bench.generator import LoadFailed, generate
from bench.results import OURS, Table
from bench.sections.dashboard import TOKEN, Dashboard

MEMBERS, WINDOW = 10, 16
PEER, WITHOUT = "websockify", "no bridge"
NOTES = {
    OURS: "JSON, with names, tokens, numbers and bounds",
    PEER: "bytes, a process for each member",
    WITHOUT: "ten members by TCP",
}
KINDS = {OURS: "dashboard", PEER: "websockify", WITHOUT: "raw"}

BARS: tuple[Bar, ...] = ()


def measure(run: Run) -> list[Table]:
    flow = Table("bridge", f"chat by websocket, {MEMBERS} members, {WINDOW} messages in flight",
                 "delivered/s")  # fmt: skip
    trip = Table("bridge round trip", f"chat by websocket, from saying to all {MEMBERS} members",
                 "ms", "less")  # fmt: skip
    complete = Table("bridge complete", "chat by websocket: all got everything in order", "%")
    for turn in range(run.fewer(3)):
        for name in rotated(list(KINDS), turn):
            if name in flow.left_out:
                continue
            run.say(f"  bridge: {name}")
            try:
                _one_round(run, name, flow, trip, complete)
            except (CannotStart, LoadFailed, OSError, ValueError) as error:
                for table in (flow, trip, complete):
                    table.left_out[name] = str(error)
    return [flow, trip, complete]


@dataclass(frozen=True, slots=True)
class Way:
    """Where the members go to, and the process groups that serve them."""

    port: int
    groups: tuple[int, ...]

    def cpu_s(self) -> float:
        return sum(map(group_cpu_s, self.groups))


def _one_round(run: Run, name: str, flow: Table, trip: Table, complete: Table) -> None:
    with _way(run, name) as way:
        load = (KINDS[name], MEMBERS, WINDOW, TOKEN)
        outcome = generate(run, "bridge", way, run.pick(1.5, 3), *load)
    rate = outcome.figures["rate"]
    flow.row(name).add(rate, **outcome.busy(rate))
    flow.row(name).note = NOTES[name]
    trip.row(name).add(outcome.figures["round_trip_ms"])
    complete.row(name).add(outcome.figures["complete"])


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
        if lacking := run.peers.lacks((PEER,)):
            raise CannotStart(lacking)
        port = free_port()
        words = [str(run.peers.python), "-m", PEER, f"127.0.0.1:{port}", f"127.0.0.1:{chat.port}"]
        with Child(words, core=run.cores.server) as bridge:
            wait_for_answer(bridge, port, udp=False)
            yield Way(port, (chat.child.pid, bridge.pid))
