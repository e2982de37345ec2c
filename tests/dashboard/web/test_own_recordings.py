"""A program of the user is recorded: what real clients sent is what there is to see and to take."""

import base64
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from dashboard.experiments.experiments import Experiments
from dashboard.programs.files import OwnFile
from tests.conftest import PATIENCE_S, wait_until
from tests.dashboard.recording import pcapng_reader
from tests.dashboard.web.test_recordings import events, get
from tests.ports import V6

ECHO = """
import socket, threading

def serve(client):
    with client:
        while data := client.recv(100):
            client.sendall(data.upper())

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""
RECV_LINE, SEND_LINE = "echo.py:5", "echo.py:6"


class Program:
    """A program of the user that runs, and clients of it."""

    def __init__(self, site: Any, name: str) -> None:
        self.site, self.name = site, name
        self.api("POST", "/start?wait=30", {})
        # One that is slow to listen counts as running before that.
        view = wait_until(lambda: (v := self.api("GET"))["listening"] and v, "it listens")
        self.pid = view["pid"]
        host, _, port = view["listening"][0].rpartition(":")
        self.address = (host.strip("[]"), int(port))

    def api(self, method: str, path: str = "", body: Any = None, **headers: str) -> Any:
        return self.site.api(method, f"/api/programs/{self.name}{path}", body, **headers)

    def hold(self, action: str, **more: Any) -> Any:
        return self.api("POST", "/hold", {"action": action, "controller": "Anna", **more})

    def experiment(self, kind: str, n: int = 1) -> Any:
        """Begin one, which the dashboard must not refuse."""
        body = {"kind": kind, "n": n}
        answer = self.site.api("POST", f"/api/experiments/{self.name}", body)
        assert answer["status"] == 202, answer
        return answer

    def client(self) -> socket.socket:
        return socket.create_connection(self.address, PATIENCE_S)

    def points(self, call: str) -> list[dict[str, Any]]:
        found = self.api("GET", "/wire?limit=5000")["points"]
        return [point for point in found if point["call"] == call]


@pytest.fixture
def echo(site: Any, tmp_path: Path) -> Program:
    path = tmp_path / "programs" / "echo.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ECHO.lstrip())
    return Program(site, OwnFile(path.resolve()).name)


def heard(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += client.recv(size - len(data))
    return data


def test_bytes_lines_and_streams_are_those_of_real_clients(
    echo: Program, eventually: Callable[..., Any]
) -> None:
    sent = [b"hello", bytes(range(256)), b"x" * 3_000]
    with echo.client() as client, echo.client() as other:
        for data in sent:
            client.sendall(data)
            assert heard(client, len(data)) == data.upper()
        other.sendall(b"other")
        assert heard(other, 5) == b"OTHER"
        peer = "{}:{}".format(*client.getsockname())
    whole = b"".join(sent)
    eventually(lambda: len([p for p in echo.points("recv") if not p["bytes"]]) == 2, "both left")
    talk = echo.site.talk("/ws/live", {"subscribe": [f"streams:{echo.name}", f"code:{echo.name}"]})
    first = events(talk, "streams", "code")
    stream = next(s for s in first["streams"]["streams"] if s["peer"] == peer)
    assert (stream["bytes_in"], stream["bytes_out"]) == (len(whole), len(whole))
    raw = f"/api/programs/{echo.name}/wire.raw?stream={stream['id']}&way="
    assert get(echo.site, raw + "in")[1] == whole
    assert get(echo.site, raw + "out")[1] == whole.upper()
    lines = {p["line"] for p in echo.points("recv")}, {p["line"] for p in echo.points("sendall")}
    assert lines == ({RECV_LINE}, {SEND_LINE})
    recorder = echo.site.lab.supervisor.server(echo.name).reports.recorder

    def counted() -> tuple[Any, Any]:
        line = recorder.code()["lines"].get(RECV_LINE, {})
        return line.get("function"), line.get("bytes_in")

    # The table of lines comes four times a second, after the calls themselves.
    eventually(lambda: counted() == ("serve", len(whole) + len(b"other")), "the line is counted")
    path = f"/api/programs/{echo.name}/wire.pcapng?stream={stream['id']}"
    capture = pcapng_reader.read(get(echo.site, path)[1])
    client_end = capture.packets[0].source
    pieces = pcapng_reader.reassembled(capture.packets, client_end)
    assert b"".join(pieces[place] for place in sorted(pieces)) == whole
    assert f"{RECV_LINE} serve: recv()" in capture.packets[3].comment


def test_a_real_client_hangs_while_held_and_its_tab_lets_go(
    echo: Program, eventually: Callable[..., Any]
) -> None:
    talk = echo.site.talk("/ws/live", {"tab": "tab of Anna"})
    assert talk.hear()["type"] == "snapshot"
    echo.api(
        "POST", "/hold", {"action": "pause", "controller": "Anna"}, **{"X-Lab-Tab": "tab of Anna"}
    )
    eventually(lambda: echo.api("GET")["paused"], "it is held")
    with echo.client() as client:
        client.sendall(b"held")

        def held() -> Any:
            return echo.api("GET")["held"]["points"]

        points = eventually(held, "the acceptor stands at its next point")
        assert points[0]["call"] == "accept"
        assert echo.api("GET")["held"]["by"] == "Anna"
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        talk.close()
        client.settimeout(PATIENCE_S)
        assert heard(client, 4) == b"HELD"
    eventually(lambda: echo.api("GET")["held"]["by"] is None, "nobody holds it")


def test_experiments_say_what_a_real_client_said_and_freeze_the_program(
    echo: Program, eventually: Callable[..., Any]
) -> None:
    with echo.client() as client:
        client.sendall(b"MENU {n}")
        heard(client, 8)
        eventually(lambda: echo.points("recv"), "it is recorded")
        assert echo.experiment("clients", 2)["experiment"]["clients"] == 2

        def openings() -> set[bytes]:
            received = (base64.b64decode(p["data"]) for p in echo.points("recv") if p["data"])
            return set(received)

        eventually(lambda: len(echo.points("recv")) >= 3, "they came")
        echo.experiment("half")
        eventually(lambda: b"MENU" in openings(), "half of the same")
        assert openings() == {b"MENU {n}", b"MENU"}
        echo.site.api("DELETE", f"/api/experiments/{echo.name}")
        echo.experiment("freeze")
        process = psutil.Process(echo.pid)
        eventually(lambda: process.status() == psutil.STATUS_STOPPED, "it is frozen")
        client.sendall(b"late")
        echo.site.api("DELETE", f"/api/experiments/{echo.name}")
        assert heard(client, 4) == b"LATE"


def test_it_may_be_let_go_while_its_clients_still_end(echo: Program) -> None:
    begun: list[Any] = []

    def spawn(command: Any, listener: Any) -> Any:
        begun.append(listener)
        return SimpleNamespace(terminate=lambda: None)

    experiments = Experiments(echo.site.lab.supervisor, lambda *_, **__: None, spawn)
    experiments.start(echo.name, "silent", 1)
    echo.api("POST", "/stop?wait=30", {})
    echo.api("DELETE")
    begun[0].on_exit(0)
    experiments.close()  # and waits for none


def test_the_picture_stays_until_the_next_start(
    echo: Program, eventually: Callable[..., Any]
) -> None:
    with echo.client() as client:
        client.sendall(b"hello")
        heard(client, 5)
        eventually(lambda: echo.points("sendall"), "it is recorded")
        stopped = echo.api("POST", "/stop?wait=30", {})
    assert (stopped["state"], stopped["listening"]) == ("STOPPED", [])
    assert stopped["summary"]["signal"] == "SIGTERM"
    assert len(echo.points("sendall")) == 1
    talk = echo.site.talk("/ws/live", {"subscribe": [f"streams:{echo.name}"]})
    streams = events(talk, "streams")["streams"]["streams"]
    assert {stream["state"] for stream in streams} == {"closed"}
    Program(echo.site, echo.name)
    assert echo.points("sendall") == []


@V6
@pytest.mark.parametrize(
    ("real", "half", "whole"), [(b"MENU {n}", b"MENU", b"MENU {n}"), (b"", b"hel", b"hello\n")]
)
def test_where_ours_come_from_the_address_of_all_they_say_what_was_said_before_them(
    real: bytes,
    half: bytes,
    whole: bytes,
    site: Any,
    tmp_path: Path,
    eventually: Callable[..., Any],
) -> None:
    """Over IPv6 a machine has one address of loopback, which real clients come from as well."""
    path = tmp_path / "programs" / "echo6.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    six = ECHO.lstrip().replace("socket.socket()", "socket.socket(socket.AF_INET6)")
    path.write_text(six.replace("127.0.0.1", "::1"))
    echo = Program(site, OwnFile(path.resolve()).name)

    def said() -> list[bytes]:
        return [base64.b64decode(p["data"]) for p in echo.points("recv") if p["data"]]

    with echo.client() as client:
        client.sendall(real)
        heard(client, len(real))
        eventually(lambda: said() == [real][: bool(real)], "it is recorded")
        for kind, words in (("half", half), ("clients", whole)):
            before = len(said())
            echo.experiment(kind)
            eventually(lambda before=before: len(said()) > before, "they came")
            assert said()[before] == words
            site.api("DELETE", f"/api/experiments/{echo.name}")
