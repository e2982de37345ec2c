"""The visits of a soak's clients: one to each kind of server, and to the dashboard's own pages.

A visit that a fault cuts short is lost; a whole answer that is not the right one is `Wrong`. The
examples answer as they please: a user's programs are not judged here.
"""

import contextlib
import itertools
import json
import random
import socket
import urllib.error
import urllib.request
from collections.abc import Callable

from simple_websocket import Client, ConnectionClosed, ConnectionError

from bench.sections.dashboard import TOKEN, Dashboard
from bench.soak.programs import Program
from labservers.clients import exchange, http

HOST = "127.0.0.1"
PATIENCE_S = 3.0
PAGE_S = 20.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BUSY = 503
Visit = Callable[[], bool]  # whether it was answered
_numbers = itertools.count(1)


class Wrong(Exception):
    """A whole answer that is not the right one."""


def visit_of(program: Program) -> Visit:
    """The usual visit of its clients."""
    tasks: dict[str, Visit] = {
        "hello": lambda: _exact(
            program, exchange.udp(HOST, program.port, b"Hello server", 1.0), b"Hello client"
        ),
        "hypotenuse": lambda: _exact(
            program,
            exchange.tcp(HOST, program.port, b'{"a": 3, "b": 4}', 1.0, half_close=False),
            b"5.0",
        ),
        "page": lambda: _http(program, "GET", "/"),
        "subjects": lambda: _grade(program),
        "chat": lambda: _chat(program),
    }
    return tasks[program.task]


def _exact(program: Program, done: exchange.Exchange, wanted: bytes) -> bool:
    """The lab's example answers, and leaves the connection open."""
    if done.received.strip() == wanted:
        return True
    if done.ended == "reply" and not program.own and len(done.received) >= len(wanted):
        raise Wrong(f"{program.label}: {done.received[:80]!r}")
    return False


def _grade(program: Program) -> bool:
    """Now a grade is saved, now the grades are read."""
    number = next(_numbers)
    path = f"/subjects/{number % 50 + 1}"
    if number % 2:
        return _http(program, "POST", path, b"subject=Soak&grade=%d" % (number % 5 + 1))
    return _http(program, "GET", f"{path}?n={number}")


def _http(program: Program, method: str, path: str, body: bytes = b"") -> bool:
    fields = FORM if body else {}
    request = http.request(method, path, (HOST, program.port), fields, body)
    done = exchange.tcp(HOST, program.port, request, PATIENCE_S, half_close=False)
    try:
        status = http.parse(done.received).status
    except http.NotHTTP:
        return False
    if status >= 400 and status != BUSY and not program.own:
        raise Wrong(f"{program.label}: {method} {path} gave {status}")
    return status < 400


def _chat(program: Program) -> bool:
    """Two come into a room of their choice; one speaks, the other hears it; both leave."""
    room = random.choice("ABCDEF")
    text = f"soak {next(_numbers)}".encode()
    with contextlib.ExitStack() as stack:
        speaker, hearer = (
            stack.enter_context(socket.create_connection((HOST, program.port), PATIENCE_S))
            for _ in range(2)
        )
        if program.own:
            return _example_chat(speaker, room, text)
        for member in (hearer, speaker):
            member.sendall(f"{room}\n".encode())
        speaker.sendall(b"%b\n" % text)
        heard = _hears(speaker, text)
        for member in (speaker, hearer):
            member.sendall(b"exit\n")
        return heard


def _example_chat(member: socket.socket, room: str, text: bytes) -> bool:
    """The lab's chat knows no lines: each recv() is a message."""
    member.sendall(room.encode())
    member.sendall(text)
    heard = _hears(member, text)
    member.sendall(b"exit")
    member.settimeout(PATIENCE_S)
    while member.recv(4096):  # until it has let the member go: else it would turn for ever
        pass
    return heard


def _hears(member: socket.socket, text: bytes) -> bool:
    heard = b""
    while text not in heard:
        piece = member.recv(4096)
        if not piece:
            return False
        heard += piece
    return True


def browser_chat(dashboard: Dashboard) -> Visit:
    """A browser in a room of the chat: says something, sees it come, and leaves."""

    def visit() -> bool:
        sock = Client.connect(f"{dashboard.url.replace('http', 'ws')}/ws/chat")
        try:
            first = {"token": TOKEN, "room": random.choice("ABC"), "name": f"soak{next(_numbers)}"}
            sock.send(json.dumps(first))
            sock.send(json.dumps({"say": "from a browser", "id": "1"}))
            while (text := sock.receive(PATIENCE_S)) is not None:
                if json.loads(text).get("said", {}).get("own"):
                    sock.send(json.dumps({"leave": True}))
                    return True
            return False
        except (ConnectionClosed, ConnectionError):
            return False  # the chat does not run
        finally:
            with contextlib.suppress(Exception):
                sock.close()
            sock.thread.join(PATIENCE_S)

    return visit


def pages(dashboard: Dashboard, programs: list[Program]) -> Visit:
    """Pages and downloads of the dashboard, one after another."""
    paths = ["/", "/programs", "/lessons", "/healthz", "/metrics", "/api/servers"]
    for program in programs:
        own = f"/api/programs/{program.name}"
        paths += [program.page, f"{own}/wire?limit=100", f"{own}/wire.txt", f"{own}/wire.pcapng"]
        paths += [f"/api/servers/{program.name}/logs", f"/api/programs/{program.name}/source"]
    turn = itertools.cycle(random.sample(paths, len(paths)))

    def visit() -> bool:
        path = next(turn)
        try:
            with urllib.request.urlopen(dashboard.url + path, timeout=PAGE_S) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 500:
                raise Wrong(f"the dashboard: GET {path} gave {error.code}") from error
        return True

    return visit
