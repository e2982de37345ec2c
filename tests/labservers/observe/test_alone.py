"""labservers/observe by itself: copied to an empty folder, run by every Python from 3.9 that is here.

It is to be loaded into programs of other people, so it needs nothing of ours and no new Python.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import labservers.observe

pytestmark = pytest.mark.system
OBSERVE = Path(labservers.observe.__file__).parent
MODULES = sorted(path.stem for path in OBSERVE.glob("*.py") if path.stem != "__init__")
MINORS = range(9, 15)

SCRIPT = """
import io, socket, sys, threading
sys.path.insert(0, ".")
sys.argv = ["", *sys.argv[1:]]
for name in sys.argv[1:]:
    __import__("observe." + name)
from observe import messages
from observe.channel import Channel
from observe.log import Log
from observe.monitor import Monitor

log = Log("alone", written := io.StringIO())
monitor = Monitor(log)
connection = monitor.open("127.0.0.1:1", None)
connection.requests += 1
monitor.event("joined", room="1")
try:
    raise ValueError("the reason")
except ValueError as error:
    log.failure("what", error)

address = messages.Address("127.0.0.1", 1)
said = [
    messages.Ready(monitor.clock.now(), 1, "threads", [address]),
    messages.Failed(monitor.clock.now(), None, messages.FILES, "why"),
    monitor.frame(1), monitor.rows(), monitor.take_events(),
]
commands = [messages.Look(2.0, ["rows"]), messages.Stop(), messages.Pause(), messages.Step(),
            messages.Tick(), messages.Resume(), messages.Slow(0.1)]
ours, theirs = socket.socketpair()
one, other = Channel(ours), Channel(theirs)
for value in said + commands:
    assert one.send(messages.encode(value))
one.close()
lines = list(other.lines())
other.close()
assert [messages.decode(line) for line in lines[: len(said)]] == said
heard = [messages.decode_command(line) for line in lines[len(said) :]]
assert [(type(value), value) for value in heard] == [(type(value), value) for value in commands]
log.close()
assert "the reason" in written.getvalue()
print("all of it")
"""


def interpreter(minor: int) -> str:
    """A Python of that version: this one, one on the path, or one of pyenv's. Where there is none,
    the test is skipped."""
    if sys.version_info[:2] == (3, minor):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python3.{minor}"), *map(str, pyenv.glob(f"3.{minor}.*/bin/python"))]
    for path in filter(None, found):
        asked = [path, "-c", f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"]
        if subprocess.run(asked, capture_output=True, timeout=60).returncode == 0:
            return path
    pytest.skip(f"no Python 3.{minor} here")


@pytest.mark.parametrize("minor", MINORS)
def test_it_loads_and_works(minor: int, tmp_path: Path) -> None:
    python = interpreter(minor)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(OBSERVE, tmp_path / "observe", ignore=ignored)
    alone = [python, "-I", "-S", "-W", "error", "-c", SCRIPT, *MODULES]
    done = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr, done.returncode) == ("all of it\n", "", 0)
