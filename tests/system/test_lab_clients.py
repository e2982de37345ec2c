"""The lab's own clients against our servers, on the machine's host name.

The scripts make the same calls in the same order as the clients that students have: the
server is socket.gethostname(), each recv() asks for 1,024 bytes once and decodes strictly, no
message has a line feed, and input() drives them. Only the port is taken from the command line.
"""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system

HELLO = """
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto("Hello server".encode(), (socket.gethostname(), int(sys.argv[1])))
data, address = client.recvfrom(1024)
print(data.decode())
client.close()
"""

HYPOTENUSE = """
import json, socket, sys
a, b = map(lambda leg: float(leg.strip()), input("Legs ").strip().split(","))
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((socket.gethostname(), int(sys.argv[1])))
client.send(json.dumps(dict(a=a, b=b)).encode())
data = client.recv(1024)
print(f"Hypotenuse = {float(data.decode())}")
client.close()
"""

READER = """
import socket, sys
chat_id = input("Chat ").strip()
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((socket.gethostname(), int(sys.argv[1])))
client.send(chat_id.encode())
while True:
    message = client.recv(1024)
    print(f"New message: {message.decode()}")
"""

SENDER = """
import socket, sys
chat_id = input("Chat ").strip()
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((socket.gethostname(), int(sys.argv[1])))
client.send(chat_id.encode())
while True:
    message = input("Message ").strip()
    client.send(message.encode())
    if message == "exit":
        break
client.close()
"""


class Client:
    """One of them at a terminal where somebody types; `shown` is its output."""

    def __init__(self, script: Path, port: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-u", script, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.shown = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def type(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def ends(self) -> int:
        code = self.process.wait(30)
        self._reader.join(30)
        return code

    def close(self) -> None:
        self.process.kill()
        self.ends()
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout
        while data := self.process.stdout.readline():
            self.shown += data.decode()


@pytest.fixture
def server(start_server: Callable[..., Any], tmp_path: Path) -> Callable[[str], Any]:
    def start(name: str) -> Any:
        host = socket.gethostname()
        try:
            socket.gethostbyname(host)
        except OSError:
            pytest.skip(f"the host name {host} has no address, so no lab client works here")
        return start_server(name, "--host", host, "--data-dir", str(tmp_path))

    return start


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def start(script: str, port: int, *typed: str) -> Client:
        path = tmp_path / f"client{len(clients)}.py"
        path.write_text(script)
        clients.append(Client(path, port))
        for line in typed:
            clients[-1].type(line)
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def test_hello(server: Callable[[str], Any], run: Callable[..., Client]) -> None:
    client = run(HELLO, server("hello").address[1])
    assert (client.ends(), client.shown) == (0, "Hello client\n")


def test_hypotenuse(server: Callable[[str], Any], run: Callable[..., Client]) -> None:
    for typed, result in (("3,4", "5.0"), (" 5 , 12 ", "13.0"), ("0,0", "0.0")):
        client = run(HYPOTENUSE, server("hypotenuse").address[1], typed)
        assert client.ends() == 0
        assert client.shown == f"Legs Hypotenuse = {result}\n"


def in_room(server: Any, number: int) -> Callable[[], bool]:
    """Whether that many have joined since the server's start, by its log."""
    return lambda: sum(" joined room " in line for line in server.said) == number


def test_a_reader_hears_two_senders_message_by_message(
    server: Callable[[str], Any], run: Callable[..., Client], eventually: Callable[..., Any]
) -> None:
    chat = server("chat")
    port = chat.address[1]
    reader = run(READER, port, "1")
    eventually(in_room(chat, 1), "the reader is in")
    first, second = run(SENDER, port, "1"), run(SENDER, port, "1")
    eventually(in_room(chat, 3), "the senders are in")
    expected = "Chat "
    for sender, text in ((first, "привет"), (second, "hello"), (first, "e"), (second, "exi")):
        sender.type(text)
        expected += f"New message: {text}\n"
        eventually(lambda said=expected: reader.shown == said, f"heard {text}")
    first.type("exit")
    assert first.ends() == 0
    second.type("still here")
    expected += "New message: still here\n"
    eventually(lambda: reader.shown == expected, "heard, and nothing empty in between")
    second.type("exit")
    assert second.ends() == 0


def test_a_sender_whose_message_and_exit_run_together_leaves_none_the_less(
    server: Callable[[str], Any], run: Callable[..., Client], eventually: Callable[..., Any]
) -> None:
    """All input is there at once, so its sends may arrive as one."""
    chat = server("chat")
    reader = run(READER, chat.address[1], "1")
    eventually(in_room(chat, 1), "the reader is in")
    for number in range(5):
        sender = run(SENDER, chat.address[1], "1", f"message {number}", "exit")
        assert sender.ends() == 0
    eventually(lambda: sum(" left room " in line for line in chat.said) == 5, "all have left")
    eventually(lambda: "message 4" in reader.shown, "all were heard")
    assert "exit" not in reader.shown
    assert [reader.shown.count(f"message {number}") for number in range(5)] == [1] * 5


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_reader_does_not_spin_when_the_server_stops(
    server: Callable[[str], Any],
    run: Callable[..., Client],
    eventually: Callable[..., Any],
    how: int,
) -> None:
    """It takes the end of the stream for empty messages, for ever; a reset ends it."""
    chat = server("chat")
    reader = run(READER, chat.address[1], "1")
    eventually(in_room(chat, 1), "the reader is in")
    assert chat.stop(how) == 0
    assert reader.ends() == 1
    assert "ConnectionResetError" in reader.shown
    assert "New message: \n" not in reader.shown


def test_readers_and_senders_that_are_killed_disturb_nobody(
    server: Callable[[str], Any], run: Callable[..., Client], eventually: Callable[..., Any]
) -> None:
    chat = server("chat")
    port = chat.address[1]
    reader = run(READER, port, "1")
    eventually(in_room(chat, 1), "the reader is in")
    doomed = [run(script, port, "1") for script in (READER, SENDER, SENDER)]
    eventually(in_room(chat, 4), "all are in")
    for client in doomed:
        client.process.kill()
    eventually(lambda: sum(" left room " in line for line in chat.said) == 3, "they have left")
    sender = run(SENDER, port, "1")
    eventually(in_room(chat, 5), "another sender")
    sender.type("still here")
    eventually(lambda: reader.shown == "Chat New message: still here\n", "heard, and nothing else")
