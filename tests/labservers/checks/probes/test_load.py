"""Other clients are served, or wait: for one that is silent, for one that does not read, in a
crowd."""

import contextlib
import re
import selectors
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from labservers.checks.context import Probe
from labservers.checks.hints import Hints
from labservers.checks.patience import Patience
from labservers.checks.probes import load
from labservers.checks.subject_remote import Remote
from labservers.checks.talks import SAID
from labservers.checks.values import Address, Talk, Turn
from labservers.net.descriptors import raise_descriptor_limit
from tests.labservers.checks.rig import looked, looked_at, number

ECHO = Talk("text", None, (Turn(b"abcd\n", b"ABCD\n"),), ends="server", framed="line")
CHAT = Talk("chat-plain", "chat", (Turn(SAID, b".*" + re.escape(SAID) + b".*"),),
            answered="other", repeats=True, farewell=b"exit")  # fmt: skip


def echo(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        client.sendall(lines.readline().upper())


class OneAtATime:
    """Serves its clients in the order in which they came, each until its end."""

    def __init__(self, serve: Callable[[socket.socket], None] = echo) -> None:
        self._serve = serve
        self._turn = threading.Condition()
        self._came: dict[int, socket.socket] = {}
        self._served = 0

    def __call__(self, client: socket.socket) -> None:
        mine = number()
        with self._turn:
            self._came[mine] = client
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._served == mine - 1, 10)
        try:
            self._serve(client)
        finally:
            with self._turn:
                self._served = mine
                self._turn.notify_all()

    def let_go_of_the_first(self) -> None:
        with self._turn:
            self._turn.wait_for(lambda: 1 in self._came, 10)
        self._came[1].shutdown(socket.SHUT_RDWR)


def lets_go_at_the_third() -> Callable[[socket.socket], None]:
    """Of a server that closes the connection of the first when the third has come."""
    in_turn = OneAtATime()

    def serve(client: socket.socket) -> None:
        if number() == 3:
            in_turn.let_go_of_the_first()
        in_turn(client)

    return serve


@pytest.mark.parametrize("probe", [load.SILENT, load.SLOW, load.CROWD_COMES], ids=lambda p: p.id)
def test_a_thread_for_each_client_passes(probe: load.Probe) -> None:
    assert looked(probe, ECHO, echo).outcome == "pass"


def test_others_wait_for_one_that_says_nothing() -> None:
    outcome = looked(load.SILENT, ECHO, OneAtATime(), hints=Hints(limits=False))
    assert (outcome.why, outcome.evidence and outcome.evidence.figures) == ("others-wait", ())


def test_how_long_they_wait_is_seen_where_the_server_lets_go_of_the_silent_one() -> None:
    outcome = looked(load.SILENT, ECHO, lets_go_at_the_third())
    assert outcome.why == "others-wait"
    assert outcome.evidence
    ((name, seconds),) = outcome.evidence.figures
    assert name == "freed_after_s"
    assert seconds >= 0.5  # that the first of the others has waited for nothing


class Attentive(Patience):
    """It does not forget what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.learned: list[float] = []

    def learn(self, answered_s: float) -> None:
        self.learned.append(answered_s)
        super().learn(answered_s)


def test_one_that_waited_for_its_turn_does_not_say_how_long_answers_take() -> None:
    patience = Attentive()
    try:
        looked(load.SILENT, ECHO, lets_go_at_the_third(), patience=patience)
        assert patience.learned == []
        looked(load.SLOW, ECHO, echo, patience=patience)
        assert len(patience.learned) == 1
    finally:
        patience.close()


def test_without_an_end_in_the_bytes_half_a_request_is_one() -> None:
    def answers_any(client: socket.socket) -> None:
        if client.recv(1024):
            client.sendall(b"ABCD\n")

    assert looked(load.SILENT, replace(ECHO, framed="recv"), answers_any).outcome == "pass"


def test_one_that_reads_late_gets_all_of_its_answer() -> None:
    page = b"p" * 300_000
    talk = Talk("text", None, (Turn(b"?\n", b"p{300000}"),), ends="server", framed="line")

    def whole(client: socket.socket) -> None:
        client.recv(10)
        client.sendall(page)

    def cut_for_the_first(client: socket.socket) -> None:
        client.recv(10)
        client.sendall(page[:1000] if number() == 1 else page)

    assert looked(load.SLOW, talk, whole).outcome == "pass"
    outcome = looked(load.SLOW, talk, cut_for_the_first)
    assert (outcome.why, outcome.evidence and outcome.evidence.figures) == (
        "closed",
        (("received", 1000),),
    )


@pytest.mark.parametrize("probe", [load.SLOW, load.CROWD_COMES])
def test_turns_are_not_put_together_for_one_to_which_a_recv_is_a_message(probe: Probe) -> None:
    def asks_twice(client: socket.socket) -> None:
        client.sendall(b"first? ")
        first = int(client.recv(100))
        client.sendall(b"second? ")
        second = int(client.recv(100))
        client.sendall(b"%d" % (first + second))

    turns = Turn(b"3", b"second\\? "), Turn(b"4", b"7")
    talk = Talk("math-turns", "math", turns, greeting=b"first\\? ", ends="server", framed="recv")
    assert looked(probe, talk, asks_twice).outcome == "pass"


def test_others_wait_for_one_that_does_not_read() -> None:
    def sends(client: socket.socket) -> None:
        client.recv(10)
        client.sendall(b"p" * 3_000_000)

    talk = Talk("text", None, (Turn(b"?\n", b"p{3000000}"),), ends="server", framed="line")
    assert (
        looked(load.SLOW, talk, OneAtATime(sends), hints=Hints(limits=False)).why == "others-wait"
    )


def test_of_a_crowd_those_that_are_not_served_are_counted() -> None:
    places = threading.Semaphore(40)

    def forty(client: socket.socket) -> None:
        if places.acquire(blocking=False):
            echo(client)

    outcome = looked(load.CROWD_COMES, ECHO, forty)
    assert outcome.why == "others-wait"
    assert outcome.evidence
    assert dict(outcome.evidence.figures) == {"served": 40, "of": load.CROWD}


def test_a_crowd_in_a_chat_is_heard_by_all() -> None:
    members: list[socket.socket] = []

    def chat(client: socket.socket) -> None:
        members.append(client)
        while (said := client.recv(1024)) not in (b"", b"exit"):
            for one in list(members):
                if one is not client:
                    one.sendall(said)

    assert looked(load.CROWD_COMES, CHAT, chat).outcome == "pass"


def serve_by(selector: selectors.BaseSelector, listener: socket.socket) -> None:
    """An event loop that ends by an error of its selector, as a student's does."""
    clients: list[socket.socket] = []
    try:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    clients.append(listener.accept()[0])
                    selector.register(clients[-1], selectors.EVENT_READ, clients[-1])
                elif data := key.data.recv(1024):
                    key.data.sendall(data.upper())
                    selector.unregister(key.data)
                    key.data.close()
                else:
                    selector.unregister(key.data)
    except (OSError, ValueError):
        return
    finally:
        for sock in (listener, selector, *clients):
            sock.close()


@pytest.mark.skipif(sys.platform != "linux", reason="a bound of select() by number is Linux's")
@pytest.mark.parametrize(
    ("make", "whys"),
    [(selectors.DefaultSelector, {""}), (selectors.SelectSelector, {"others-wait", "reset"})],
)
def test_more_come_than_select_can_watch(
    make: Callable[[], selectors.BaseSelector], whys: set[str]
) -> None:
    """whys: of one that connects after the server has ended, or just before."""
    raise_descriptor_limit()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    thread = threading.Thread(target=serve_by, args=(make(), listener))
    thread.start()
    address = Address(*listener.getsockname())
    try:
        outcome = looked_at(load.CROWD_COMES, ECHO, Remote(address), hints=Hints(selects=True))
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(30)
    assert outcome.why in whys
