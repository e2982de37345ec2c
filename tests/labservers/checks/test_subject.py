"""A checked program: its start, its address, its deaths, its end."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labservers.checks import ports
from labservers.checks.client import Client, Timeline, never
from labservers.checks.subject import Subject
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address
from labservers.run import guarded
from tests.conftest import AGAIN_S, PATIENCE_S

Make = Callable[..., Subject]

ECHO = """
    import socket
    server = socket.socket()
    server.bind(("127.0.0.1", PORT))
    server.listen()
    while True:
        client, _ = server.accept()
        text = client.recv(1024).decode()
        client.sendall(text.encode())
        client.close()
"""


def ask(subject: Subject, sent: bytes) -> bytes:
    assert subject.address is not None
    client = Client(subject.address, Timeline())
    client.connect(30)
    client.send(sent)
    got = client.receive(30.0, never)
    client.close_by_fin()
    return got


def test_its_address_is_what_it_listens_on(subject: Make) -> None:
    echo = subject(ECHO)
    assert echo.start() is None
    assert ask(echo, b"hello") == b"hello"
    assert echo.serving()


def test_a_death_is_told_with_its_line_and_its_bytes(subject: Make) -> None:
    echo = subject(ECHO)
    echo.start()
    mark = echo.mark()
    assert ask(echo, b"a\xffb") == b""
    assert echo.wait(30)
    (death,) = echo.settle(mark)
    assert (death.exception, death.line, death.main) == ("UnicodeDecodeError", "server.py:8", True)
    assert (death.received, death.bad) == (b"a\xffb", 1)
    assert death.source == "text = client.recv(1024).decode()"
    assert not echo.serving()


def test_it_is_restarted_at_once_though_it_lacks_so_reuseaddr(
    subject: Make, eventually: Callable[..., Any]
) -> None:
    echo = subject(ECHO)
    echo.start()
    assert echo.address is not None
    assert ask(echo, b"hello") == b"hello"
    address = echo.address
    eventually(lambda: ports.keeps(address) == 1, "it has closed first")
    echo.end()
    assert echo.start_again(5.0) == "port-taken"
    assert echo.restart() is None
    assert ask(echo, b"hello") == b"hello"


def test_where_it_stands_is_known(subject: Make, eventually: Callable[..., Any]) -> None:
    echo = subject(ECHO)
    echo.start()
    (stand,) = eventually(echo.stands, "it is asked in time")
    assert (stand.line, stand.call) == ("server.py:7", "accept")
    assert stand.source == "client, _ = server.accept()"


def test_its_figures_are_those_of_the_system(subject: Make) -> None:
    echo = subject(ECHO)
    echo.start()
    if sys.platform == "linux":
        assert (echo.descriptors() or 0) >= 4
        assert (echo.threads() or 0) >= 1
        work = echo.work()
        assert work is not None
        assert work.used_s > 0
        if Path("/proc/self/schedstat").exists():
            assert work.queued_s > 0  # it has waited for its first turn


def test_an_end_by_control_c(subject: Make) -> None:
    echo = subject(ECHO)
    echo.start()
    echo.interrupt()
    if not echo.wait(AGAIN_S):  # it came just before accept()
        echo.interrupt()
    assert echo.wait(PATIENCE_S)
    assert echo.returncode == -signal.SIGINT


def test_a_program_that_asks_for_its_port_gets_an_answer(subject: Make) -> None:
    asks = subject("""
        import socket
        port = int(input("Port: ")) and PORT
        server = socket.create_server(("127.0.0.1", port))
        server.accept()
    """)
    assert asks.start() is None
    assert asks.typed[0][0] == "Port: "


def test_a_program_whose_user_answers_its_clients_is_told_from_one_with_a_console(
    subject: Make, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    by_hand = """
        import socket
        server = socket.create_server(("127.0.0.1", PORT))
        while True:
            client, _ = server.accept()
            client.sendall(input("you: ").encode())
    """
    console = """
        import socket, threading
        server = socket.create_server(("127.0.0.1", PORT))
        threading.Thread(target=input, args=("> ",), daemon=True).start()
        while True:
            server.accept()
    """
    # The second one asks by itself, and soon; on a busy machine that may take longer.
    for text, prompt, asks_s in ((by_hand, "you: ", 0.3), (console, None, 30.0)):
        monkeypatch.setattr("labservers.checks.subject.ASKS_S", asks_s)
        server = subject(text)
        assert server.start() is None
        assert server.address is not None
        client = Client(server.address, Timeline())
        client.connect(30)
        eventually(lambda s=server: s.asks, "it asks its user")
        client.close()
        assert server.asks_for_answers() == prompt


def test_reasons_why_there_is_no_address(subject: Make) -> None:
    texts = {
        "needs-arguments": "import sys\nprint(sys.argv[1])",
        "ends-at-start": "raise ValueError('no')",
        "waits-for-input": "input('What? ')",
        "never-listens": "import signal\nsignal.pause()",
    }
    for reason, text in texts.items():
        listen_s = 0.5 if reason == "never-listens" else 20.0
        assert subject(text).start_again(listen_s) == reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import sys\nif len(sys.argv) < 2:\n    print('Usage: me HOST')\n    sys.exit(1)", "Usage: me HOST"),
        ("import sys\nif not sys.argv[1:]:\n    sys.exit('Использование: me порт')", "Использование: me порт"),
        ("from sys import argv\nif len(argv) != 3: exit()", "len(argv)"),
        ("import sys\n_, port = sys.argv", "_, port = sys.argv"),
        ("import sys\nargs = sys.argv[1:]\nport = int(args[0])", "port = int(args[0])"),
        ("import argparse\np = argparse.ArgumentParser(prog='me')\np.add_argument('port')\np.parse_args()", "me: error: the following arguments are required: port"),
        ("import sys\nsys.exit('Usage of the disk: 100 %')" , None),
        ("import sys\nport = int('x' + sys.argv[0])", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_shows_that_arguments_are_needed(subject: Make, text: str, said: str | None) -> None:
    server = subject(text)
    assert server.start_again() == ("needs-arguments" if said else "ends-at-start")
    assert server.lacks == said


def test_one_that_got_arguments_ends_for_another_reason(subject: Make) -> None:
    text = "import sys\nif len(sys.argv) > 1:\n    sys.exit('no such host')"
    server = subject(text, "somewhere")
    assert server.start_again() == "ends-at-start"


def test_one_that_listens_late_is_waited_for_and_again_at_its_next_start(subject: Make) -> None:
    late = subject("import threading\nthreading.Event().wait(3)\n" + textwrap.dedent(ECHO))
    assert late.start_again(0.01) == "never-listens"
    assert late.listened_s is None
    assert late.start() is None
    assert late.listened_s is not None
    assert late.restart() is None


def test_a_port_that_another_program_has_is_not_made_free(subject: Make) -> None:
    first = subject(ECHO)
    first.start()
    second = Subject(first.file)
    try:
        assert second.start() == "port-taken"
    finally:
        second.close()
    assert ask(first, b"hello") == b"hello"


def test_nothing_is_left(subject: Make, tmp_path: Path) -> None:
    echo = subject(ECHO)
    echo.start()
    assert echo.address is not None
    echo.close()
    assert not ports.taken(echo.address)
    assert not echo.file.exists()  # the copy that was checked
    assert [path.name for path in tmp_path.iterdir()] == [echo.file.name]


CHECKER = """
import signal, sys
from pathlib import Path
from labservers.checks.subject import Subject
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address
from labservers.run import guarded
subject = Subject(Path(sys.argv[1]))
print(subject.start(), subject.address.port, flush=True)
signal.pause()
"""


def test_it_ends_with_the_checker_however_that_died(
    program: Callable[[str], Path], eventually: Callable[..., Any]
) -> None:
    checker = subprocess.Popen(
        [sys.executable, "-c", CHECKER, str(program(ECHO))],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert checker.stdout is not None
    started, port = checker.stdout.readline().split()
    assert started == b"None"
    checker.kill()
    checker.wait()
    checker.stdout.close()

    def refused() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", int(port))) != 0

    eventually(refused, "the program is gone")


def test_another_program_that_takes_its_port_is_named(subject: Make) -> None:
    echo = subject(ECHO)
    echo.start()
    assert echo.lost_port() is None
    assert echo.address is not None
    port = echo.address.port
    echo.end()
    with socket.create_server(("127.0.0.1", port)):
        assert echo.restart() == "port-taken"
        lost = echo.lost_port()
    assert lost is not None
    assert lost.why == "port-lost"
    (_, said), (_, who) = lost.values
    assert said == str(port)
    assert who.endswith(f", PID {os.getpid()})")


def test_a_unix_socket_is_not_taken_for_silence(subject: Make) -> None:
    server = subject("""
        import os, socket, tempfile
        path = os.path.join(tempfile.mkdtemp(dir="."), "s")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        server.accept()
    """)
    assert server.start() == "unix-socket"
    assert (server.unix or "").endswith("/s")


@pytest.mark.parametrize("guard", ["/bin/true", "/nowhere/python"])
def test_what_cannot_be_started_is_an_error_and_nothing_of_it_stays(
    subject: Make, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "PYTHON", (guard,))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match=r"says nothing|No such file"):
        subject(ECHO).start()
    assert len(os.listdir("/proc/self/fd")) == before + 1  # the lock of the folder of the copy


def test_an_interpreter_that_is_gone_is_named(program: Callable[[str], Path]) -> None:
    gone = Subject(program(ECHO), python="/nowhere/python")
    assert gone.start() == "ends-at-start"
    assert gone.returncode == 127  # as a shell says it
    assert gone.output == "/nowhere/python: No such file or directory\n"
    gone.close()


def test_a_server_elsewhere_is_tried_by_a_connection() -> None:
    nowhere = Remote(Address("nosuch.invalid", 80))
    assert not nowhere.serving(0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = Remote(Address(*server.getsockname()))
        assert here.serving(0.0)
        assert not here.wait(0.0)
    assert here.wait(0.0)
    assert not here.serving(0.0)
