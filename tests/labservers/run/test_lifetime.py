"""A server from its start to its exit code, where it breaks and where it does not end."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
SERVER = """
import sys, threading
from labservers.observe.log import Log
from labservers.observe.monitor import Monitor
from labservers.registry import SERVERS
from labservers.run import lifetime, stopper
from labservers.run.server import LabServer, Options

stopper.STOP_GRACE_S = stopper.MARGIN_S = 0.05
stopper.LAST_WORDS_S = {patience}

class Odd(LabServer):
    def bind(self):
        return "127.0.0.1", 8999

    def serve(self):
        {serves}

    def stop(self):
        pass  # and serve() goes on

options = Options("127.0.0.1", 0, "threads", "")
sys.exit(lifetime.run(Odd(SERVERS["page"], options, Monitor(Log("odd", sys.stderr)))))
"""


def started(serves: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVER.format(serves=serves, patience=PATIENCE_S)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        bufsize=0,  # what follows a line is left to communicate()
    )


def test_a_server_that_breaks_says_why_and_its_exit_code_is_1() -> None:
    process = started("raise RuntimeError('a fault of ours')")
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert b"the server broke" in said
    assert b"RuntimeError: a fault of ours" in said


def test_what_does_not_end_in_time_is_left_behind() -> None:
    process = started("threading.Event().wait()")
    assert process.stderr is not None
    assert b"listening on 127.0.0.1:8999" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert said.endswith(b"not everything ended in time; leaving it\n")
