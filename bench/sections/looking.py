"""The cost of looking: processor time of a request with every view open, and with none.

One server is asked in turns, looked at and not, so that both are the same process with the same
memory. Processor time is compared, as it does not hear what else the machine does.
"""

import time

from bench import wrk
from bench.arena import Arena, Run, Running
from bench.bars import Bar
from bench.contenders import ours
from bench.results import Table
from bench.sections.http import CONNECTIONS
from bench.wrk import Ask
from labservers.observe.messages import Look

LOOKED_AT, UNSEEN = "every view open", "none open"
# What a tab asks for that shows the event loop, its tasks and its connections.
LOOKS = {UNSEEN: Look(1.0, []), LOOKED_AT: Look(10.0, ["loop", "rows"])}
TURNS, QUICK_TURNS = 10, 3
TURN_S = 2
SETTLE_S = 0.3

BARS = (
    Bar("processor time of a request, every view open / none", "looking", 1.05, "<=",
        peers=(UNSEEN,), ours=LOOKED_AT),
)  # fmt: skip


def measure(run: Run) -> list[Table]:
    if not wrk.installed():
        run.notes.append(f"the cost of looking was not measured: {wrk.MISSING}")
        return []
    title = f"Processor time of a GET, {CONNECTIONS} connections kept alive, looked at or not"
    table = Table("looking", title, "µs", "less")
    with Arena(run, [ours("subjects")]) as arena:
        for server in list(arena.running.values()):
            _look(run, server, UNSEEN)  # warm
            for turn in range(QUICK_TURNS if run.quick else TURNS):
                with table.round():
                    for name in list(LOOKS) if turn % 2 else list(LOOKS)[::-1]:
                        run.say(f"  looking: {name}")
                        table.row(name).add(_look(run, server, name))
        return [arena.finish(table)]


def _look(run: Run, server: Running, name: str) -> float:
    """Microseconds of the server for each request."""
    server.child.send(LOOKS[name])
    time.sleep(SETTLE_S)
    used = server.cpu_s()
    report = wrk.run(
        server.port, Ask.GET, seconds=TURN_S, connections=CONNECTIONS, core=run.cores.load
    )
    return 1e6 * (server.cpu_s() - used) / report.requests
