"""UDP: request and answer at 32 clients, and how much of a burst is lost."""

from bench.arena import Arena, Run, Running
from bench.bars import Bar
from bench.contenders import ours, peer
from bench.generator import LoadFailed, generate
from bench.results import Table

CLIENTS = 32
BURST = 1_000
QUIET_S = 0.3

PEERS = ("lab", "asyncio datagrams", "socketserver")
BARS = (
    Bar("hello, 32 clients", "hello", 1.0, peers=("lab",)),
    Bar("hello, loss in a burst of 1,000", "hello burst", 0.0, "<", PEERS, unit=" %"),
)


def measure(run: Run) -> list[Table]:
    rate = Table("hello", f"hello, {CLIENTS} clients with one datagram in flight each", "answers/s")
    burst = Table("hello burst", f"hello, loss in a burst of {BURST:,} datagrams", "%", "less")
    contenders = [
        ours("hello"),
        peer("lab", "hello_lab", udp=True),
        peer("asyncio datagrams", "hello_asyncio", udp=True),
        peer("socketserver", "hello_socketserver", udp=True),
    ]
    with Arena(run, contenders) as arena:
        for server in arena.rounds(run.rounds):
            run.say(f"  hello: {server.name}")
            try:
                _exchanges(run, server, rate)
                _burst(run, server, burst)
            except LoadFailed as error:
                arena.leave_out(server.name, str(error))
        return [arena.finish(rate), arena.finish(burst)]


def _exchanges(run: Run, server: Running, table: Table) -> None:
    outcome = generate(run, "hello", server, run.pick(1, 3), CLIENTS)
    figures = outcome.figures
    rate = figures["answers"] / figures["seconds"]
    table.row(server.name).add(rate, **outcome.busy(rate), lost=figures["lost"])


def _burst(run: Run, server: Running, table: Table) -> None:
    outcome = generate(run, "burst", server, QUIET_S, BURST)
    table.row(server.name).add(outcome.figures["lost_share"])
