"""Turns of event loops: a wait in a selector, and what the thread runs until the next one."""

import asyncio
import select
import selectors
import socket
import threading
import time
from _thread import get_ident
from collections.abc import Callable
from typing import Any

import pytest

from labservers.observe import loop_scene, messages
from labservers.observe.interest import of_lists, of_selector
from labservers.observe.loop_scene import STUCK_S, LoopScene
from labservers.observe.sockets import Sockets
from labservers.observe.stepper import Stepper
from labservers.observe.tap import Tap
from labservers.observe.turns import Loop, Turns
from tests.labservers.observe.pairs import tcp_pair

pytestmark = pytest.mark.usefixtures("tap_on")

Eventually = Callable[..., Any]
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(autouse=True)
def looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look goes through all objects of this process, which has those of all tests before it: the
    rest that it owes for that may be longer than anybody waits here."""
    monkeypatch.setattr(loop_scene, "SHARE", 0)


@pytest.fixture
def failures() -> list[BaseException]:
    return []


@pytest.fixture
def turns(failures: list[BaseException]) -> Turns:
    return Turns(Sockets(lambda entry: None, lambda: 0.0), failures.append)


def figures(scene: LoopScene) -> messages.LoopFigures:
    found, sees = scene.report(wanted=True)
    assert sees == ["loop"]
    assert found is not None
    return found


def test_turns_are_timed_only_while_somebody_looks(
    tap: Tap, pair: Pair, eventually: Eventually
) -> None:
    scene = LoopScene(tap, Stepper())

    def turn() -> None:
        assert select.select(pair, pair, [], 0)[1] == list(pair)

    turn()
    turn()
    assert scene.report(wanted=False) == (None, ["loop"])
    assert scene.rows().rows == []
    assert figures(scene).ticks == 0
    turn()
    turn()
    seen = figures(scene)
    assert (seen.ticks, seen.kind, seen.selector, seen.watched) == (2, "sockets", "select", 2)
    assert [returned for _, _, _, returned in seen.ticks_timed or []] == [2, 2]
    assert (seen.reading, seen.last_returned) == (0, 2)
    eventually(lambda: figures(scene).writing == 2, "a newer look at the sockets")
    assert scene.report(wanted=False) == (None, ["loop"])
    assert figures(scene).ticks_timed == []  # those of before are not of this look


def test_a_turn_that_lasts_names_the_function_that_is_at_work(tap: Tap, pair: Pair) -> None:
    scene, leave, inside = LoopScene(tap, Stepper()), threading.Event(), threading.Event()

    def computes() -> None:
        inside.set()
        while not leave.is_set():
            pass

    def serve() -> None:
        select.select(pair, [], [], 0)
        computes()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert inside.wait(30)
        hog = None
        while hog is None:
            hog = figures(scene).hog
    finally:
        leave.set()
        thread.join(30)
    assert hog[0] == 0
    assert (hog[2], hog[3], hog[4].partition(":")[0]) == ("computes", "", "test_turns.py")
    tap.turns.forget([])
    assert scene.report(wanted=True) == (None, [])


def test_a_turn_that_was_held_has_lasted_since_then(tap: Tap, pair: Pair) -> None:
    stepper = Stepper()
    scene = LoopScene(tap, stepper)
    select.select(pair, pair, [], 0)
    assert scene.report(wanted=True)[0] is not None
    stepper.pause()
    threading.Event().wait(10 * STUCK_S)
    assert figures(scene).lag_us == 0
    before = time.monotonic()
    stepper.resume()
    lag_us = figures(scene).lag_us
    assert lag_us <= (time.monotonic() - before) * 1e6 + 1
    threading.Event().wait(2 * STUCK_S)
    assert figures(scene).hog is not None


def test_a_loop_of_a_library_that_has_waited_unseen_has_not_run_meanwhile(
    tap: Tap, eventually: Eventually
) -> None:
    scene, loop, pause = LoopScene(tap, Stepper()), asyncio.new_event_loop(), threading.Event()
    thread = threading.Thread(target=loop.run_forever)

    def turn() -> None:
        done = threading.Event()
        loop.call_soon_threadsafe(done.set)
        assert done.wait(30)

    def is_timed() -> bool:
        turn()
        found = scene.report(wanted=True)[0]
        return found is not None and found.ticks > 0

    thread.start()
    try:
        eventually(is_timed, "it is timed")
        scene.report(wanted=False)
        turn()
        turn()
        pause.wait(2 * STUCK_S)
        seen = figures(scene)
        assert (seen.hog, seen.lag_us) == (None, 0)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def test_of_several_loops_the_one_that_watches_the_most_is_shown(
    tap: Tap, pair: Pair, eventually: Eventually
) -> None:
    with tcp_pair() as (more, beyond):

        def serve(*sockets: socket.socket) -> None:
            select.select(sockets, [], [], 10)

        threads = [
            threading.Thread(target=serve, args=watched)
            for watched in (pair, (*pair, more), (pair[0], more))
        ]
        for thread in threads:
            thread.start()
        eventually(lambda: len(tap.turns.loops) == 3, "all wait")
        scene = LoopScene(tap, Stepper())
        eventually(lambda: figures(scene).reading == 3, "the most")
        for sock in (*pair, beyond):
            sock.send(b"x")
        for thread in threads:
            thread.join(30)


def test_a_loop_whose_look_fails_is_out_of_sight_and_that_is_said_once(tap: Tap) -> None:
    def fails(_: Any) -> Any:
        raise RuntimeError("a strange loop")

    tap.turns.loops[get_ident()] = Loop(get_ident(), "epoll", fails)
    scene = LoopScene(tap, Stepper())
    assert scene.report(wanted=True) == (None, [])
    assert scene.report(wanted=True) == (None, [])
    notices = [(n.code, n.text) for n in tap.book.take() if isinstance(n, messages.Notice)]
    assert notices == [
        ("loop_unseen", "its event loop cannot be seen: RuntimeError: a strange loop")
    ]
    assert tap.on


def test_what_fails_in_our_own_code_is_said_and_the_wait_goes_on(
    turns: Turns, failures: list[BaseException]
) -> None:
    error = ValueError()

    def fails(_: Any) -> Any:
        raise error

    assert turns.find("epoll", fails, ()) is None
    loop = Loop(get_ident(), "epoll", of_selector)
    loop.arguments = (5,)  # not an object that can be referred to weakly
    turns.note(loop, 0.0)
    assert failures[0] is error
    assert type(failures[1]) is TypeError


def test_a_wait_for_one_connection_is_not_a_loop_and_one_for_clients_is(
    tap: Tap, pair: Pair
) -> None:
    select.select(pair[:1], [], [], 0)
    assert tap.turns.loops == {}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        select.select([listener], [], [], 0)
        assert list(tap.turns.loops) == [get_ident()]


def test_a_selector_says_what_it_watches_between_its_waits_and_nothing_once_it_is_gone(
    tap: Tap, pair: Pair
) -> None:
    ours, theirs = pair
    selector = selectors.DefaultSelector()
    selector.register(ours, selectors.EVENT_READ, "data")
    selector.register(theirs, selectors.EVENT_WRITE)
    selector.select(0)
    loop = tap.turns.loops[get_ident()]
    assert loop.selector.startswith(type(selector).__name__.lower().partition("sel")[0])
    assert loop.interest() == ({ours.fileno()}, {theirs.fileno()})
    assert [key.data for key in loop.registered()] == ["data", None]
    selector.close()
    del selector
    assert loop.interest() == (frozenset(), frozenset())
    assert loop.registered() == []


def test_a_long_list_of_sockets_is_not_read_at_each_wait() -> None:
    loop = Loop(1, "select", of_lists)
    loop.arguments, loop.began = ([7],), 0.0
    loop.note(0.0)  # the first: read, and by this clock it took very long
    assert loop.interest().reading == {7}
    loop.arguments = None
    assert loop.interest().reading == {7}
    loop.arguments, loop.began, loop.ended = ([8],), 1.0, 0.5
    loop.note(0.2)
    loop.arguments = None
    assert loop.interest().reading == {7}
    assert [round(part, 1) for part in loop.new_turns()[0]] == [0.3, 0.5, 0]
    assert loop.new_turns() == []
