"""POST of a form: ours answers after the row is on the disk, the peer stores nothing."""

import tempfile
from pathlib import Path

from bench import wrk
from bench.arena import Arena, Run
from bench.contenders import Place, ours, packaged
from bench.results import Table
from bench.sections.http import CONNECTIONS, load

PEER = "uvicorn httptools+uvloop, no store"
STUDENTS = 1_000
SCRIPT = """
local number = 0
wrk.method = "POST"
wrk.body = "subject=Maths&grade=5"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
function request()
  number = number % {students} + 1
  return wrk.format(nil, "/subjects/" .. number)
end
"""


def measure(run: Run) -> list[Table]:
    if not wrk.installed():
        run.notes.append(f"POST was not measured: {wrk.MISSING}")
        return []
    table = Table(
        "post", f"POST of a form, {CONNECTIONS} connections, for {STUDENTS:,} students",
        "requests/s",
    )  # fmt: skip
    needs = ("uvicorn", "httptools", "uvloop")
    uvicorn = packaged(
        PEER, "uvicorn_asgi", "--mode", "httptools", environment=run.peers, needs=needs,
        note="answers without any store",
    )  # fmt: skip
    with (
        tempfile.NamedTemporaryFile("w", suffix=".lua", dir=run.folder) as script,
        Arena(run, [ours("subjects"), uvicorn], Place(0, Path(), 1_000)) as arena,
    ):
        script.write(SCRIPT.format(students=STUDENTS))
        script.flush()
        for _ in range(run.rounds):
            with table.round():
                for server in arena.rounds(run.looks(2)):
                    run.say(f"  post: {server.name}")
                    url = f"http://127.0.0.1:{server.port}/"
                    try:
                        load(run, server, url, table, more=("-s", script.name))
                    except ValueError as error:
                        arena.leave_out(server.name, str(error))
        table.row("ours").note = f"each answer after its commit to SQLite on {filesystem(run)}"
        return [arena.finish(table)]


def filesystem(run: Run) -> str:
    """What kind of file system the grade book is on, since it decides what a flush costs."""
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
