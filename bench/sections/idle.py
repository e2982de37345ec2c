"""The event loop with many connections: 10,000 idle ones, and 200 that never finish a header."""

import sys

from bench import wrk
from bench.arena import Arena, CannotStart, Run, started
from bench.bars import Bar
from bench.children import Child
from bench.contenders import ours
from bench.generator import LoadFailed, generate
from bench.load.drip import DRIPPING
from bench.load.idle import HELD
from bench.results import OURS, Table
from bench.sections.http import load

IDLE, ACTIVE, SLOW = 10_000, 32, 200
NONE_IDLE, MANY_IDLE = "none idle", "10,000 idle"
OPENED_S = 60.0
ROUNDS = 5

BARS = (
    Bar("throughput with 10,000 idle connections / with none", "idle", 0.95,
        peers=(NONE_IDLE,), ours=MANY_IDLE),
    Bar("memory of an idle connection", "idle memory", 2.0, "<=", unit=" KiB"),
    Bar("p99 beside 200 slow-header clients", "slow headers", 50.0, "<=", unit=" ms"),
)  # fmt: skip


def measure(run: Run) -> list[Table]:
    return [*_idle(run), _slow_headers(run)]


def _idle(run: Run) -> list[Table]:
    if not wrk.installed():
        run.notes.append(f"idle connections were not measured: {wrk.MISSING}")
        return []
    title = f"GET where no request comes twice, {ACTIVE} connections beside {IDLE:,} idle ones"
    rate = Table("idle", title, "requests/s")
    memory = Table(
        "idle memory", f"PSS of each of {IDLE:,} connections after one request", "KiB", "less"
    )
    try:
        with Arena(run, [ours("subjects", NONE_IDLE), ours("subjects", MANY_IDLE)]) as arena:
            _measure_idle(run, arena, rate, memory)
    except (LoadFailed, CannotStart, ValueError, OSError) as error:
        rate.left_out[MANY_IDLE] = memory.left_out[OURS] = str(error)
    return [rate, memory]


def _measure_idle(run: Run, arena: Arena, rate: Table, memory: Table) -> None:
    _active(run, arena, Table("", "", ""))  # warm, so that the first memory is not missed
    crowded = arena.running[MANY_IDLE]
    before = crowded.child.pss_kib()
    words = [sys.executable, "-m", "bench.load.idle", str(crowded.port), str(IDLE)]
    run.say(f"  idle: opening {IDLE:,} connections")
    with Child(words, core=run.cores.load) as holder:
        held = _held(holder)
        memory.row(OURS).add((crowded.child.pss_kib() - before) / held)
        for _ in range(run.fewer(ROUNDS)):
            run.say("  idle: both in turns")
            holder.forget_lines()
            holder.say("again")  # they would be shown out after 15 s without a request
            held = _held(holder)
            _active(run, arena, rate)
        if held < IDLE:
            rate.row(MANY_IDLE).note = f"only {held:,} were held"


def _held(holder: Child) -> int:
    line = holder.line_with(HELD, OPENED_S)
    if line is None:
        raise LoadFailed(f"the idle connections failed: {holder.last_words()}")
    return int(line.split()[1])


def _active(run: Run, arena: Arena, table: Table) -> None:
    load(run, arena, [*arena.turn(0)], table, connections=ACTIVE)


def _slow_headers(run: Run) -> Table:
    table = Table(
        "slow headers",
        f"one normal client beside {SLOW} that send a byte of a header every 0.1 s: p99",
        "ms",
        "less",
    )
    try:
        with started(run, ours("subjects")) as server:
            words = [sys.executable, "-m", "bench.load.drip", str(server.port), str(SLOW)]
            with Child(words, core=run.cores.load) as dripping:
                if dripping.line_with(DRIPPING, OPENED_S) is None:
                    raise LoadFailed(dripping.last_words())
                for _ in range(run.fewer(ROUNDS)):
                    run.say("  slow headers")
                    figures = generate(run, "latency", server, run.pick(2, 5)).figures
                    more = {"p50 ms": figures["p50_ms"], "max ms": figures["max_ms"]}
                    table.row(OURS).add(figures["p99_ms"], **more)
    except (LoadFailed, CannotStart) as error:
        table.left_out[OURS] = str(error)
    return table
