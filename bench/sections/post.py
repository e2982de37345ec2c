"""POST of a form: ours answers after the row is on the disk, the peer stores nothing."""

from pathlib import Path

from bench import wrk
from bench.arena import Arena, Run
from bench.bars import Bar
from bench.contenders import Place, ours, packaged
from bench.results import OURS, Table
from bench.sections.http import CONNECTIONS, load
from bench.wrk import Ask

PEER = "uvicorn httptools+uvloop, no store"
BARS = (Bar("POST, durable", Ask.POST, 1.0, peers=(PEER,)),)


def measure(run: Run) -> list[Table]:
    if not wrk.installed():
        run.notes.append(f"POST was not measured: {wrk.MISSING}")
        return []
    title = f"POST of a form, no body twice, {CONNECTIONS} connections, for 900 students"
    table = Table(Ask.POST, title, "requests/s")
    uvicorn = packaged(
        PEER, "uvicorn_asgi", "--mode", "httptools", environment=run.peers,
        needs=("uvicorn", "httptools", "uvloop"), note="answers without any store",
    )  # fmt: skip
    with Arena(run, [ours("subjects"), uvicorn], Place(0, Path(), 1_000)) as arena:
        for turn in range(run.rounds):
            run.say("  post: both in turns")
            load(run, arena, [*arena.turn(turn)], table, Ask.POST)
        table.row(OURS).note = f"each answer after its commit to SQLite on {filesystem(run)}"
        return [arena.finish(table)]


def filesystem(run: Run) -> str:
    """The file system of the grade book, since it decides the cost of a flush."""
    best, kind = "", "an unknown file system"
    try:
        mounts = Path("/proc/mounts").read_text("utf-8").splitlines()
    except OSError:
        return kind
    for line in mounts:
        _, at, fs, *_ = line.split()
        if str(run.folder).startswith(at) and len(at) > len(best):
            best, kind = at, fs
    return kind
