"""A dashboard at a Unix socket: when it can listen there, and who is asked through it."""

import os
import socket
import threading
from pathlib import Path

import pytest

from dashboard import straight, unix_http
from dashboard.__main__ import main

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def test_a_free_path_can_be_had(tmp_path: Path) -> None:
    assert unix_http.refusal(str(tmp_path / "socket")) == ""


@pytest.mark.parametrize("path", ["", "socket", "./socket", "/" + "a" * 200])
def test_a_path_is_absolute_and_short(path: str) -> None:
    assert "is not an absolute path of at most 107 bytes" in unix_http.refusal(path)


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert "is not a socket" in unix_http.refusal(str(file))
    (tmp_path / "link").symlink_to(file)
    assert "is not a socket" in unix_http.refusal(str(tmp_path / "link"))
    assert file.read_text() == "mine"
    assert "There is no folder" in unix_http.refusal(str(tmp_path / "no/socket"))


def test_the_socket_of_a_killed_server_is_removed_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        assert "Another server listens at" in unix_http.refusal(path)
    assert os.path.exists(path)
    assert unix_http.refusal(path) == ""
    assert not os.path.exists(path)


def test_a_server_that_accepts_nobody_is_not_waited_for(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        assert "Another server listens at" in unix_http.refusal(path)


def test_the_command_refuses_before_it_becomes_the_dashboard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--host", "unix://socket"]) == 1
    assert "is not an absolute path" in capsys.readouterr().err


def test_a_request_goes_through_the_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def answer() -> None:
            with listener.accept()[0] as client:
                assert client.recv(1000).startswith(b"GET /healthz HTTP/1.1\r\n")
                client.sendall(ANSWER)

        server = threading.Thread(target=answer)
        server.start()
        base, opener = straight.way_to(f"unix://{path}")
        with opener.open(f"{base}/healthz", timeout=30) as said:
            assert said.read() == b"ok"
        server.join(30)
