"""GET of a student with wrk: no request twice, the same bytes again, and a connection each."""

import http.client
from collections.abc import Sequence

from bench import turns, wrk
from bench.arena import Arena, Run, Running, started
from bench.bars import Bar
from bench.contenders import Contender, Place, ours, packaged, peer, program
from bench.environment import PeerEnvironment
from bench.peers import nginx_conf
from bench.results import Table
from bench.wrk import Ask

CONNECTIONS = 64
PATH = "/subjects/100"
ANSWER_S = 10.0
LOOK_S = 1
# Several times slower than ours.
FAR_BEHIND = ("http.server", "tornado", "uvicorn h11", "cheroot", "waitress", "gunicorn gthread")
PROTOCOL, STREAMS, UVICORN = "asyncio Protocol", "asyncio streams", "uvicorn httptools+uvloop"
TITLES = {
    Ask.GET: f"GET where no request comes twice, {CONNECTIONS} connections kept alive",
    Ask.AGAIN: f"GET, the same bytes again, {CONNECTIONS} connections kept alive",
    Ask.CLOSE: f"GET where no request comes twice, {CONNECTIONS} clients, a connection per request",
}
BARS = (
    Bar("GET, no request twice", Ask.GET, 1.0, peers=(PROTOCOL,)),
    Bar("GET, no request twice", Ask.GET, 1.5, peers=(STREAMS,)),
    Bar("GET, no request twice", Ask.GET, 2.0, peers=(UVICORN,)),
    Bar("GET, no request twice", Ask.GET, 6.0, peers=("tornado",)),
    Bar("GET, no request twice", Ask.GET, 6.0, peers=("aiohttp",)),
    Bar("GET, no request twice", Ask.GET, 6.0, peers=("uvicorn h11",)),
    Bar("GET, the same bytes again", Ask.AGAIN, 1.1, peers=(PROTOCOL,)),
    Bar("GET, connection per request", Ask.CLOSE, 1.1, peers=(PROTOCOL,)),
)


def measure(run: Run) -> list[Table]:
    if not wrk.installed():
        run.notes.append(f"GET was not measured: {wrk.MISSING}")
        return []
    answer = answer_of_ours(run)
    tables = []
    with Arena(run, contenders(run.peers), answer) as arena:
        for ask, title in TITLES.items():
            table = Table(ask, f"{title} ({answer.size:,} bytes of body)", "requests/s")
            for turn in range(run.rounds):
                _one_round(run, arena, table, ask, turn)
            tables.append(arena.finish(table))
    return tables


def contenders(environment: PeerEnvironment) -> list[Contender]:
    def on(name: str, module: str, mode: str, *needs: str) -> Contender:
        return packaged(name, module, "--mode", mode, environment=environment, needs=needs)

    return [
        ours("subjects"),
        peer("lab", "loop_lab", note="generators over select()"),
        peer(PROTOCOL, "http_protocol", note="neither validates nor routes"),
        peer(STREAMS, "http_streams", note="neither validates nor routes"),
        peer("http.server", "http_stdlib", note="a thread per connection"),
        on("aiohttp", "aiohttp_app", "", "aiohttp"),
        on("tornado", "tornado_app", "", "tornado"),
        on("uvicorn h11", "uvicorn_asgi", "h11", "uvicorn", "h11"),
        on(UVICORN, "uvicorn_asgi", "httptools", "uvicorn", "httptools", "uvloop"),
        on("cheroot", "wsgi_app", "cheroot", "cheroot"),
        on("waitress", "wsgi_app", "waitress", "waitress"),
        on("gunicorn gthread", "wsgi_app", "gunicorn", "gunicorn"),
        program("nginx", "nginx", _nginx, note="C; a static file"),
    ]  # fmt: skip


def answer_of_ours(run: Run) -> Place:
    """Size and media type of our own answer, for all peers to give."""
    with started(run, ours("subjects")) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=ANSWER_S)
        try:
            connection.request("GET", PATH)
            response = connection.getresponse()
            media = response.getheader("Content-Type") or ""
            return Place(0, run.folder, len(response.read()), media)
        finally:
            connection.close()


def _nginx(place: Place) -> list[str]:
    path = nginx_conf.write(place.folder, place.port, place.size, place.media)
    return ["-c", str(path), "-p", str(place.folder)]


def _one_round(run: Run, arena: Arena, table: Table, ask: Ask, turn: int) -> None:
    there = [server for server in arena.turn(turn) if _takes_part(run, server, ask, turn)]
    run.say(f"  {table.key}: {', '.join(server.name for server in there)}")
    load(run, arena, there, table, ask, looks=1 if ask == Ask.CLOSE else 2)


def _takes_part(run: Run, server: Running, ask: Ask, turn: int) -> bool:
    if server.name == "lab":  # it has no kept connections
        return ask == Ask.CLOSE
    return server.name not in FAR_BEHIND or (ask != Ask.AGAIN and run.looks_far(turn, 0))


def load(
    run: Run,
    arena: Arena,
    servers: Sequence[Running],
    table: Table,
    ask: Ask = Ask.GET,
    *,
    looks: int = 2,
    connections: int = CONNECTIONS,
) -> None:
    """Servers in turns under wrk, each into its row; LOOK_S for each look at one."""
    seconds = LOOK_S * run.looks(looks)
    found = turns.looks(servers, ask, seconds=seconds, connections=connections, core=run.cores.load)
    for server in servers:
        look = found[server.name]
        if isinstance(look, ValueError):
            arena.leave_out(server.name, str(look))
            continue
        row = table.row(server.name)
        row.note = server.contender.note
        row.add(look.report.rate, **look.columns())
