"""hypotenuse and page: a connection for each request, 32 clients at the same time."""

from bench.arena import Arena, Run, Running
from bench.bars import Bar
from bench.contenders import Contender, ours, peer
from bench.generator import LoadFailed, generate
from bench.results import Table

CLIENTS = 32
WARM_UP_S = 0.3

BARS = (
    Bar("hypotenuse, 32 clients", "hypotenuse", 1.0, peers=("lab",)),
    Bar("hypotenuse, clients served correctly", "hypotenuse served", 100.0, unit=" %"),
)


def measure(run: Run) -> list[Table]:
    lab_note = "one client at a time, a backlog of 10"
    return [
        table
        for kind in ("hypotenuse", "page")
        for table in _measure(
            run,
            kind,
            [
                ours(kind),
                ours(kind, "ours, blocking", model="blocking"),
                peer("lab", f"{kind}_lab", note=lab_note),
            ],
        )
    ]


def _measure(run: Run, kind: str, contenders: list[Contender]) -> list[Table]:
    rate = Table(kind, f"{kind}, {CLIENTS} clients, a connection per request", "answers/s")
    served = Table(f"{kind} served", f"{kind}, clients served correctly", "%")
    with Arena(run, contenders) as arena:
        for server in list(arena.running.values()):
            _warm_up(run, arena, server, kind)
        for server in arena.rounds(run.rounds):
            run.say(f"  {kind}: {server.name}")
            try:
                _one_round(run, server, kind, rate, served)
            except LoadFailed as error:
                arena.leave_out(server.name, str(error))
        return [arena.finish(rate), arena.finish(served)]


def _warm_up(run: Run, arena: Arena, server: Running, kind: str) -> None:
    try:
        generate(run, "one_request", server, WARM_UP_S, CLIENTS, kind)
    except LoadFailed as error:
        arena.leave_out(server.name, str(error))


def _one_round(run: Run, server: Running, kind: str, rate: Table, served: Table) -> None:
    outcome = generate(run, "one_request", server, run.pick(1, 3), CLIENTS, kind)
    figures = outcome.figures
    failed = sum(figures["failed"].values())
    row = rate.row(server.name)
    row.note = server.contender.note
    per_s = figures["served"] / figures["seconds"]
    row.add(per_s, **outcome.busy(per_s))
    all_clients = figures["served"] + failed
    row = served.row(server.name)
    row.add(100 * figures["served"] / max(1, all_clients))
    if failed:
        row.note = ", ".join(f"{count} {why}" for why, count in figures["failed"].items())
