"""One check of one subject, and what it left behind."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.accuracy.planting import ROOT
from bench.accuracy.subjects import FOLDER, PORT, Subject
from labservers.checks import ports
from labservers.checks.values import Address

MOST_S = 300.0  # a check takes up to four times as long on a busy machine
LISTENS_S = 10.0
MARK = "SOCKET_LAB_ACCURACY"  # a variable of the environment by which what is left over is found
NUMBER = re.compile(r"\b\d{4,5}\b")  # perhaps of a port
PAGE = "<!doctype html><title>A page</title><h1>A page</h1>\n"


class Checked(NamedTuple):
    """How it ended. found: levels by the ids of the findings. left: processes, ports and files
    that the check has left. why_not: why there is no verdict. load: the average of the last minute
    at its end."""

    subject: Subject
    verdict: str
    found: Mapping[str, str] = {}
    failed: tuple[str, ...] = ()
    took_s: float = 0.0
    left: tuple[str, ...] = ()
    why_not: str = ""
    load: float = 0.0

    @property
    def hits(self) -> bool:
        """All that is in it was found; one without a fault was judged."""
        if not self.subject.wanted:
            return self.verdict not in ("", "cannot run")
        return self.subject.wanted <= set(self.found)

    @property
    def accused(self) -> frozenset[str]:
        """What was found but is not in it. A hint says what could be better: it accuses nobody."""
        said = {id for id, level in self.found.items() if level != "hint"}
        return frozenset(said - self.subject.wanted)


def check(subject: Subject) -> Checked:
    """Check it in a process of its own."""
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site, temporary = folder / "site", folder / "tmp"
        for one in (site, temporary):
            one.mkdir()
        for file, text in {"index.html": PAGE, **subject.files}.items():
            (site / file).write_text(text, "utf-8")
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
        with _served(subject, site) as (port, why_not):
            if why_not:
                return Checked(subject, "", why_not=why_not)
            words = [_filled(word, port, site) for word in subject.words]
            open_before, lay_there = open_ports(subject), set(site.rglob("*"))
            checked = _said(subject, words, {**surroundings, MARK: mark})
        open_now = open_ports(subject) - open_before
        files = (str(path) for path in {*temporary.rglob("*"), *site.rglob("*")} - lay_there)
        left = (*marked(mark), *sorted(open_now), *files)
        return checked._replace(left=left, load=os.getloadavg()[0])


def _said(subject: Subject, words: list[str], surroundings: dict[str, str]) -> Checked:
    command = [sys.executable, "-m", "labservers", "check", *words, "--json", "--lang", "en"]
    began = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, env=surroundings, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=MOST_S)  # fmt: skip
        report = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return Checked(subject, "", why_not=f"not within {MOST_S:.0f} s")
    except ValueError:
        return Checked(subject, "", why_not=done.stderr[-500:] or "it said nothing")
    return Checked(
        subject,
        report["verdict"],
        {finding["id"]: finding["level"] for finding in report["findings"]},
        tuple(probe["id"] for probe in report["probes"] if probe["outcome"] == "fail"),
        time.monotonic() - began,
    )


@contextlib.contextmanager
def _served(subject: Subject, site: Path) -> Iterator[tuple[int, str]]:
    """Its port while its server runs, and why it does not run. Nothing is started where the check
    starts it."""
    if not subject.server:
        yield 0, ""
        return
    if shutil.which(subject.server[0]) is None:
        yield 0, f"{subject.server[0]} is not installed"
        return
    port = _free_port()
    words = [_filled(word, port, site) for word in subject.server]
    server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        yield port, "" if _listens(server, port) else "it does not start here"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 9)
        server.wait()


def _filled(word: str, port: int, folder: Path) -> str:
    return word.replace(PORT, str(port)).replace(FOLDER, str(folder))


def _listens(server: "subprocess.Popen[bytes]", port: int) -> bool:
    until = time.monotonic() + LISTENS_S
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return True
        time.sleep(0.05)
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def open_ports(subject: Subject) -> set[str]:
    """Ports that its text names, and on which somebody listens."""
    text = subject.files.get(subject.name) or _own_text(subject)
    addresses = (Address("", int(number), udp) for number in NUMBER.findall(text)
                 for udp in (False, True))  # fmt: skip
    return {f"port {address.port}" for address in addresses if ports.taken(address)}


def _own_text(subject: Subject) -> str:
    """Of a server that is checked where it lies."""
    file = Path(subject.words[0]) if subject.words else Path()
    return file.read_text("utf-8") if file.is_file() else ""


def marked(mark: str) -> Iterator[str]:
    """Processes that have the mark in their environment (proc_pid_environ(5))."""
    wanted = f"{MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes():
                yield f"process {path.parent.name}"
