"""`python -m labservers check` as a user types it: real programs, exit codes, the files it writes."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.accuracy.checking import MARK, marked
from labservers.checks import network
from labservers.checks.cli import address, interpreter, main, pace
from labservers.checks.patience import strain
from labservers.checks.submissions import servers_in
from labservers.checks.values import Address
from labservers.run.terminal import Terminal
from tests.conftest import wait_until
from tests.ports import free_port
from tests.system.hard_to_end import CHECKED

ROOT = Path(__file__).resolve().parents[3]
GOOD = """\
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
while True:
    data, peer = server.recvfrom(65536)
    server.sendto(b"Hello client", peer)
"""
ASKER = """\
import socket

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto(input("What? ").encode(), ("127.0.0.1", {port}))
print(client.recv(100))
"""
GONE_S = 2.0
STRAY = GOOD.replace(
    "    server.sendto",
    """\
    if not data.isascii():
        raise ValueError("not mine: " + data.decode("utf-8", "surrogateescape"))
    server.sendto""",
)
BAD = GOOD.replace("    server.sendto", "    print(data.decode())\n    server.sendto")


def check(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labservers", "check", *map(str, words), "--lang", "en"]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        env=environment(),
        timeout=120,
    )


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def test_a_class_is_one_command_one_table_and_two_files(tmp_path: Path) -> None:
    for name, code in {"good/server.py": GOOD, "bad/server.py": BAD, "bad/client.py": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    files = "--html", tmp_path / "class.html", "--junit", tmp_path / "class.xml"
    done = check(tmp_path, "--task", "hello", "--only", "not-utf8", *files, folder=tmp_path)
    assert done.returncode == 1, done.stderr
    rows = done.stdout.partition("\n\n")[0].splitlines()
    assert [row.split()[0] for row in rows] == ["program", "bad/server.py", "good/server.py"]
    assert "to be mended" in rows[1]
    assert "nothing to mend" in rows[2]
    assert "1 file opens no server" in done.stderr
    assert (tmp_path / "class.html").read_text("utf-8").count("<article") == 2
    suites = ElementTree.parse(tmp_path / "class.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["bad/server.py", "good/server.py"]


def test_programs_with_the_same_port_are_checked_at_once(tmp_path: Path) -> None:
    if not network.possible():
        pytest.skip("this system gives a program no network of its own")
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(GOOD.replace('("127.0.0.1", 0)', '("127.0.0.1", 9105)'))
    (tmp_path / "ends.py").write_text("import socket\nsocket.socket().bind(1)\n")
    words = ("--task", "hello", "--jobs", "4", "--json", "--only", "answers")
    done = check(tmp_path, *words, folder=tmp_path)
    reports = json.loads(done.stdout)
    verdicts = {report["program"]: report["verdict"] for report in reports}
    good = dict.fromkeys(["a.py", "b.py", "c.py"], "pass")
    assert verdicts == {**good, "ends.py": "mend"}, done.stderr


def test_progress_and_the_verdict_come_a_line_each_and_a_file_has_both_languages(
    tmp_path: Path,
) -> None:
    (tmp_path / "server.py").write_text(GOOD)
    both = tmp_path / "both.json"
    files = ("--progress-json", "--both", both, "--only", "answers")
    done = check("server.py", "--task", "hello", *files, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    *progress, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert {tuple(line) for line in progress} == {("progress",)}
    reports: dict[str, Any] = json.loads(both.read_text("utf-8"))
    assert last["verdict"] == reports["en"]
    assert reports["en"]["language"] == "en"
    assert reports["ru"]["language"] == "ru"
    assert reports["en"]["probes"][0]["id"] == "starts"


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_stray_bytes_in_a_name_and_in_an_exception_lose_no_report(
    several: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    name = "caf\udce9 \udcff.py"
    (tmp_path / name).write_text(STRAY)
    both, files = tmp_path / "both.json", ("--html", "r.html", "--junit", "r.xml")
    words = ("--task", "hello", "--only", "not-utf8", "--json", "--both", both, *files)
    subject = tmp_path if several else name
    if several:
        (tmp_path / "good.py").write_text(GOOD)
    done = check(subject, *words, folder=tmp_path)
    assert done.returncode == 1, done.stderr
    reports = json.loads(done.stdout)
    said = reports[0] if several else reports
    assert said["program"] == name
    assert "ValueError" in said["findings"][0]["evidence"]
    if not several:
        assert json.loads(both.read_bytes())["en"] == said
    assert "caf· ·.py" in (tmp_path / "r.html").read_text("utf-8")
    assert "caf· ·.py" in (tmp_path / "r.xml").read_text("utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_letters_shows_the_others(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    (tmp_path / "\udcff.py").write_text(STRAY)
    done = check("\udcff.py", "--task", "hello", "--only", "not-utf8", folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "? A request that is not expected ends the program" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "a FILE, a FOLDER or --address"),
        (["nowhere.py"], "nowhere.py is not there"),
        (["--talk", "nowhere.json", "."], "nowhere.json is not there"),
        (["--client", ".", "."], ". is not a file"),
        (["--only", "x", "y.py"], "there is no probe 'x'"),
        (["--jobs", "0", "y.py"], "'0' is not a number from 1 to 64"),
        *(
            (["--again", "answers", f"--pace={words}", "y.py"], "seconds from 0 to 60")
            for words in ("nan", "-1", "inf", "1e999", "60.1", "1_0", "\uff11", "", " 1", ".")
        ),
        (["--jobs", "9" * 5_000, "y.py"], "9' is not a number from 1 to 64"),
        (["--address", "here"], "'here' is not an address"),
        (["--address", f":{'9' * 5_000}"], "9' is not an address"),
        (["--args", '"', "x.py"], "No closing quotation"),
        (["--python", "nowhere/python", "x.py"], "'nowhere/python' cannot be run"),
        (["."], "no file there opens a server"),
        (["--held", "none.json", "y.py"], "none.json: not the conversation of a report: "),
    ],
)
def test_a_mistake_is_one_sentence_with_the_next_step(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in said
    assert said.count("\n") == 1


def test_a_python_may_be_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "python").symlink_to(sys.executable)
    assert interpreter("~/python") == str(tmp_path / "python")


@pytest.mark.parametrize("words", [["pipe.py"], ["--talk", "pipe.py", "x.py"], ["."]])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.py")
    Path("x.py").touch()
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    told = "no file there opens a server" if words == ["."] else "pipe.py is not a file"
    assert told in capsys.readouterr().err


def test_an_address_may_be_one_of_ipv6() -> None:
    assert address("[::1]:80") == Address("::1", 80)
    assert address(":8080") == Address("127.0.0.1", 8080)


@pytest.mark.parametrize("words", ["0", "0.6", ".5", "60", "60.000"])
def test_a_pace_is_a_number_of_seconds(words: str) -> None:
    assert pace(words) == float(words)


def test_an_interpreter_is_found_as_by_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python9"
    python.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert interpreter("python9") == interpreter("./python9") == str(python)


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(GOOD)
    nowhere = tmp_path / "none" / "report.html"
    words = ("--task", "hello", "--only", "answers", "--html", nowhere)
    done = check("server.py", *words, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"check: {nowhere}: No such file or directory\n"


def test_files_of_tools_are_not_submissions(tmp_path: Path) -> None:
    for name in ("a.py", ".venv/b.py", "env/c.py", "node_modules/d.py", "sub/e.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(GOOD)
    (tmp_path / "env/pyvenv.cfg").write_text("")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    found, left_out = servers_in([tmp_path])
    assert [name for name, _ in found] == ["a.py", "sub/e.py"]
    assert left_out == 1


@pytest.mark.parametrize("second", [GOOD, CHECKED], ids=["good", "waited for"])
def test_what_was_checked_before_a_cancel_is_reported(second: str, tmp_path: Path) -> None:
    """The second one begins when the cancel is under way: it could be done before."""
    go = tmp_path / "go"
    (tmp_path / "a.py").write_text(GOOD)
    (tmp_path / "b.py").write_text(
        f"import os\nwhile not os.path.exists({str(go)!r}): pass\n{second}"
    )
    words = (".", "--task", "hello", "--only", "answers", "--lang", "en")
    command = [sys.executable, "-m", "labservers", "check", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=environment()
    ) as one:
        assert one.stdout
        assert one.stderr
        assert one.stderr.readline() == b"1/2 a.py\n"
        began = time.monotonic()
        one.send_signal(signal.SIGTERM)
        go.touch()
        said, remarks = one.communicate(timeout=60)
    assert time.monotonic() - began <= GONE_S * strain()
    assert one.returncode == 0
    assert said.decode().startswith("a.py · Hello over UDP\nNothing that must be mended.")
    assert remarks.decode() == "1 program was not checked: interrupted.\n"


TAKEN_AWAY = """\
import os, signal, sys
from labservers.checks import cli
from labservers.checks.verdicts import broken

def run(options, progress, cancelled):
    if options.file.name == "b.py":
        os.kill(os.getpid(), signal.SIGTERM)
        while not cancelled():
            pass
        {end}
    return broken("en", "it was looked at")

cli.run = run
sys.exit(cli.main([".", "--lang", "en"]))
"""


@pytest.mark.parametrize("end", ["raise OSError('its folder is gone')", "pass"])
def test_the_end_of_one_that_was_cancelled_is_no_report(end: str, tmp_path: Path) -> None:
    """It has been taken its program and its folder, and breaks, or finds something."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(GOOD)
    command = [sys.executable, "-c", TAKEN_AWAY.format(end=end)]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment(), timeout=60)
    said, remarks = done.stdout.decode(), done.stderr.decode()
    assert (said.count("it was looked at"), "b.py" in said) == (1, False)
    assert remarks == "1/2 a.py\n1 program was not checked: interrupted.\n"


def test_at_a_terminal_the_user_sees_what_is_tried_and_types_for_the_client(
    tmp_path: Path,
) -> None:
    port = free_port()
    (tmp_path / "server.py").write_text(GOOD.replace("0)", f"{port})"))
    (tmp_path / "asker.py").write_text(ASKER.format(port=port))
    words = ("server.py", "--client", "asker.py", "--ask", "--only", "answers", "--lang", "en")
    terminal = Terminal()
    side = terminal.theirs
    with subprocess.Popen(
        [sys.executable, "-m", "labservers", "check", *words],
        stdin=side, stdout=side, stderr=side, cwd=tmp_path, env=environment(NO_COLOR="1"),
    ) as one:  # fmt: skip
        terminal.close_theirs()
        shown, typed = b"", False
        for piece in terminal.pieces():
            shown += piece
            if not typed and b"What? " in shown:
                typed = terminal.type(b"tea\n")
    assert one.returncode == 0, shown
    assert b"\r1/2 starts" in shown
    assert b"Passed (2): starts, answers" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_a_check_is_ended_its_program_ends_and_the_next_check_finds_no_folder(
    number: signal.Signals, tmp_path: Path
) -> None:
    temporary, mark = begun(tmp_path, number)
    assert bool(list(temporary.iterdir())) == (number == signal.SIGKILL)
    (tmp_path / "good.py").write_text(GOOD)
    ours = environment(TMPDIR=str(temporary), **{MARK: mark})
    command = [sys.executable, "-m", "labservers", "check", "--only", "answers", "good.py"]
    subprocess.run(command, cwd=tmp_path, env=ours, check=True, stdout=subprocess.DEVNULL,
                   timeout=60)  # fmt: skip
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_programs_that_are_checked_at_once_end_with_their_check(
    number: signal.Signals, tmp_path: Path
) -> None:
    if not network.possible():
        pytest.skip("this system gives a program no network of its own")
    begun(tmp_path, number, "other.py", "--jobs", "2", processes=13)


def begun(
    folder: Path, number: signal.Signals, *words: str, processes: int = 6
) -> tuple[Path, str]:
    """Check programs that are hard to end, and end the check by a signal while probes wait. All
    processes are gone in time.

    processes: the checker, and of each program two guards and its three. Returns the folder for
    temporary files, and the mark of all processes.
    """
    temporary, programs, mark = folder / "tmp", folder / "programs", uuid.uuid4().hex
    for place in (temporary, programs):
        place.mkdir()
    for name in ("server.py", "other.py"):
        (programs / name).write_text(CHECKED)
    ours = environment(TMPDIR=str(temporary), **{MARK: mark})
    command = [sys.executable, "-m", "labservers", "check", "server.py", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=programs, env=ours) as one:
        try:
            wait_until(lambda: len(list(marked(mark))) >= processes)
            began = time.monotonic()
            one.send_signal(number)
            one.wait(30)
        finally:
            one.kill()
    wait_until(lambda: not list(marked(mark)))
    assert time.monotonic() - began <= GONE_S * strain()
    return temporary, mark
