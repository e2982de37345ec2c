"""Programs that are not the lab's: with a check or without, many sockets or none, that finish."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.errors import NotNow
from dashboard.programs.launch import Launch
from dashboard.programs.program import Program, Ready
from labservers.observe import messages

World = Any
ONE, TWO = messages.Address("127.0.0.1", 9001), messages.Address("0.0.0.0", 9002)


def a_program(**options: Any) -> Program:
    launch = Launch(module="any", arguments=("--port", "{port}"))
    return Program(name="any", title="Any", number=6, **{"launch": launch, **options})


def ready(*sockets: messages.Address) -> Callable[[World], None]:
    return lambda world: world.says(messages.Ready(1.0, world.process.pid, "", list(sockets)))


def kernel(*sockets: messages.Address) -> Callable[[World], None]:
    def look(world: World) -> None:
        world.kernel = [tuple(socket) for socket in sockets]
        world.passes(0.1)

    return look


def checked(world: World) -> None:
    world.checked()


def killed(world: World) -> None:
    assert (world.state, world.process.done) == ("STARTING", ["SIGKILL"])
    world.exits(-9)


def fine(host: str, port: int, timeout_s: float) -> None:
    pass


def bad(host: str, port: int, timeout_s: float) -> None:
    raise RuntimeError("what it says is not an answer")


@pytest.mark.parametrize(
    ("strategy", "check", "steps", "state"),
    [
        (Ready.ALIVE, None, [], "RUNNING"),
        (Ready.ALIVE, None, [kernel(ONE)], "RUNNING"),
        (Ready.LISTENING, None, [], "STARTING"),
        (Ready.LISTENING, None, [kernel()], "STARTING"),
        (Ready.LISTENING, None, [kernel(ONE)], "RUNNING"),
        (Ready.LISTENING, None, [kernel(), kernel(ONE, TWO)], "RUNNING"),
        (Ready.LISTENING, None, [ready(ONE)], "RUNNING"),
        (Ready.LISTENING, None, [ready()], "RUNNING"),
        (Ready.CHECK, fine, [kernel(ONE)], "STARTING"),
        (Ready.CHECK, fine, [kernel(ONE), checked], "RUNNING"),
        (Ready.CHECK, fine, [ready(ONE, TWO), checked], "RUNNING"),
        (Ready.CHECK, bad, [ready(ONE), checked, killed], "FAILED"),
        (Ready.CHECK, bad, [kernel(ONE), checked, killed], "FAILED"),
    ],
)
def test_ready_is_a_check_a_socket_or_being_alive(
    make_world: Callable[..., World],
    strategy: Ready,
    check: Any,
    steps: list[Callable[[World], None]],
    state: str,
) -> None:
    world = make_world(program=a_program(ready=strategy, check=check))
    world.server.start()
    for step in steps:
        step(world)
    assert world.state == state


def test_all_its_sockets_are_shown_and_the_first_is_connected_to(
    make_world: Callable[..., World],
) -> None:
    world = make_world(program=a_program())
    world.server.start()
    ready(TWO, ONE)(world)
    view = world.server.view()
    assert view["sockets"] == [["127.0.0.1", 9002], ["127.0.0.1", 9001]]
    assert (view["host"], view["port"]) == world.server.address() == ("127.0.0.1", 9002)
    assert world.feed() == ["started"]


def test_without_a_socket_and_without_a_port_to_choose_it_is_nowhere(
    make_world: Callable[..., World],
) -> None:
    world = make_world(program=a_program(ready=Ready.ALIVE, launch=Launch(module="any")))
    world.server.start()
    view = world.server.view()
    assert (view["host"], view["port"], view["bind_host"], view["sockets"]) == (
        None,
        None,
        None,
        [],
    )
    assert view["settings"] == {"model": ""}
    assert world.server.address() is None
    assert world.feed() == ["alive"]


def test_a_socket_that_comes_later_is_shown(make_world: Callable[..., World]) -> None:
    world = make_world(program=a_program(ready=Ready.ALIVE))
    world.server.start()
    world.kernel = [("127.0.0.1", 9001)]
    world.passes(1.0)
    assert world.server.address() == ("127.0.0.1", 9001)
    world.kernel = []
    world.passes(1.0)
    assert world.server.address() is None


def test_a_program_that_says_nothing_is_not_frozen(make_world: Callable[..., World]) -> None:
    world = make_world(program=a_program(ready=Ready.ALIVE))
    world.server.start()
    world.passes(3600)
    assert world.state == "RUNNING"


@pytest.mark.parametrize("moment", ["starting", "running", "frozen"])
@pytest.mark.parametrize("attempts", [0, 3])
def test_exit_code_0_is_the_end_of_its_work(
    make_world: Callable[..., World], moment: str, attempts: int
) -> None:
    world = make_world(restart_attempts=attempts)
    if moment == "starting":
        world.server.start()
    else:
        world.up()
    if moment == "frozen":
        world.passes(5.1)
        assert world.state == "FROZEN"
    world.exits(0)
    view = world.server.view()
    assert (view["state"], view["failure"], view["settled"]) == ("STOPPED", None, True)
    assert view["last_run"]["duration_s"] == (5.1 if moment == "frozen" else 0)
    assert world.feed()[-1] == "finished"


@pytest.mark.parametrize(("attempts", "state"), [(0, "FAILED"), (1, "BACKOFF")])
def test_a_frozen_program_that_breaks_has_broken(
    make_world: Callable[..., World], attempts: int, state: str
) -> None:
    world = make_world(restart_attempts=attempts)
    world.up()
    world.passes(5.1)
    world.exits(-9)
    assert world.state == state


def test_a_stop_while_a_failure_is_looked_into_is_a_stop(world: World) -> None:
    world.server.start()
    world.says(messages.Failed(1.0, 98, "EADDRINUSE", "port 8004 is already in use"))
    world.meanwhile = world.server.stop
    world.exits(1)
    assert (world.state, world.server.view()["failure"]) == ("STOPPED", None)


@pytest.mark.parametrize("jump_s", [-3600, 86_400])
def test_the_wall_clock_measures_nothing(world: World, jump_s: float) -> None:
    world.up()
    world.wall += jump_s
    world.passes(10)
    view = world.server.view()
    assert view["uptime_s"] == 10
    assert view["started_at"] == world.wall - 10
    world.exits(3)
    assert world.server.view()["failure"]["ran_s"] == 10
    assert world.server.view()["last_run"]["duration_s"] == 10


def frame(paused: bool) -> messages.Frame:
    numbers = dict.fromkeys(messages.LoopFigures._fields, 0)
    loop = messages.LoopFigures(**{**numbers, "paused": paused})  # type: ignore[arg-type]
    return messages.Frame(1.0, 1, 1.0, 0, 0, 0, 0, 0, 0, 1, {}, loop=loop)


def test_only_what_the_stepper_says_is_a_pause(world: World) -> None:
    world.up()
    world.server.hold(messages.Pause())
    assert not world.server.view()["paused"]
    for paused in (False, False, True, True, False):  # the first ones were on their way
        world.says(frame(paused))
    assert world.feed() == ["started", "paused", "resumed"]


def test_settings_are_remembered_when_the_start_is_possible(world: World) -> None:
    world.up()
    with pytest.raises(NotNow):
        world.server.start({"port": 9999, "host": None, "model": None})
    assert world.settings.get("chat").port == 8004
    assert not world.server.start({"port": 8004, "host": None, "model": None})
    world.server.stop()
    with pytest.raises(NotNow):
        world.server.start({"port": 9999})
    assert world.settings.get("chat").port == world.server.settings.port == 8004
    world.exits(0)
    assert world.server.start({"port": 9999})
    assert world.settings.get("chat").port == world.server.settings.port == 9999


def test_a_server_of_the_lab_has_no_terminal(world: World) -> None:
    world.up()
    with pytest.raises(NotNow):
        world.server.type("x\n")
    world.server.interrupt()
    assert world.process.done[-1] == "SIGINT"
