"""GET of a student's page with wrk: kept connections, and a connection per request."""

import http.client

from bench import bars, wrk
from bench.arena import Arena, Run, Running, started
from bench.contenders import Contender, Place, ours, packaged, peer, program
from bench.environment import PeerEnvironment
from bench.figures import each_us
from bench.peers import nginx_conf
from bench.results import Table

CONNECTIONS = 64
PATH = "/subjects/1"
ANSWER_S = 10.0
CLOSE = ("-H", "Connection: close")
LOOK_S = 1
# Several times slower than ours.
FAR_BEHIND = ("http.server", "tornado", "uvicorn h11", "cheroot", "waitress", "gunicorn gthread")


def measure(run: Run) -> list[Table]:
    if not wrk.installed():
        run.notes.append(f"GET was not measured: {wrk.MISSING}")
        return []
    answer = answer_of_ours(run)
    keep = Table(
        bars.HTTP,
        f"GET {PATH}, {CONNECTIONS} connections, keep-alive ({answer.size:,} bytes of body)",
        "requests/s",
    )
    close = Table(
        bars.CLOSE, f"GET {PATH}, {CONNECTIONS} clients, a connection per request", "requests/s"
    )
    with Arena(run, contenders(run.peers), answer) as arena:
        for one_each, table in ((False, keep), (True, close)):
            for turn in range(run.rounds):
                with table.round():
                    _one_round(run, arena, table, turn, one_each=one_each)
            arena.finish(table)
    return [keep, close]


def contenders(environment: PeerEnvironment) -> list[Contender]:
    def on(name: str, module: str, mode: str, *needs: str) -> Contender:
        return packaged(name, module, "--mode", mode, environment=environment, needs=needs)

    return [
        ours("subjects"),
        peer("lab", "loop_lab", note="generators over select()"),
        peer("asyncio Protocol", "http_protocol", note="neither validates nor routes"),
        peer("asyncio streams", "http_streams", note="neither validates nor routes"),
        peer("http.server", "http_stdlib", note="a thread per connection"),
        on("aiohttp", "aiohttp_app", "", "aiohttp"),
        on("tornado", "tornado_app", "", "tornado"),
        on("uvicorn h11", "uvicorn_asgi", "h11", "uvicorn", "h11"),
        on("uvicorn httptools+uvloop", "uvicorn_asgi", "httptools", "uvicorn", "httptools",
           "uvloop"),
        on("cheroot", "wsgi_app", "cheroot", "cheroot"),
        on("waitress", "wsgi_app", "waitress", "waitress"),
        on("gunicorn gthread", "wsgi_app", "gunicorn", "gunicorn"),
        program("nginx", "nginx", _nginx, note="C; a static file"),
    ]  # fmt: skip


def answer_of_ours(run: Run) -> Place:
    """Size and media type of our own answer: what all peers are told to give."""
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


def _one_round(run: Run, arena: Arena, table: Table, turn: int, *, one_each: bool) -> None:
    looks = run.looks(1 if one_each else 2)
    for look in range(looks):
        for server in arena.turn(turn * looks + look):
            if server.name in FAR_BEHIND and not run.looks_far(turn, look):
                continue
            if server.name == "lab" and not one_each:  # it has no kept connections
                continue
            url = f"http://127.0.0.1:{server.port}{PATH}"
            run.say(f"  {table.key}: {server.name}")
            try:
                load(run, server, url, table, more=CLOSE if one_each else ())
            except ValueError as error:
                arena.leave_out(server.name, str(error))


def load(
    run: Run,
    server: Running,
    url: str,
    table: Table,
    *,
    connections: int = CONNECTIONS,
    more: tuple[str, ...] = (),
) -> None:
    """A second of wrk against a server, into its row.

    Raises:
        ValueError: no report, or one of failures.
    """
    used = server.child.cpu_s()
    report = wrk.run(url, seconds=LOOK_S, connections=connections, core=run.cores.load, more=more)
    busy = 100 * (server.child.cpu_s() - used) / report.seconds
    if not report.clean:
        raise ValueError(f"{report.bad} answers of a wrong status, {report.errors} errors")
    row = table.row(server.name)
    row.note = server.contender.note
    row.add(
        report.rate,
        **{
            "p99 ms": report.p99_ms,
            "server core %": busy,
            "server µs each": each_us(busy, report.rate),
            "failed": float(report.errors),
        },
    )
