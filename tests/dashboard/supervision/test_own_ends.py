"""Programs of the user by written histories: why they have ended."""

import pytest

from dashboard.programs.pythons import Python
from labservers.observe import messages
from tests.dashboard.supervision.test_own_life import World, crash, own, point, socket

__all__ = ["own"]

BUSY = [
    point("bind", "127.0.0.1:9090", "OSError EADDRINUSE"),
    point("bind", "127.0.0.1:9090", "OSError: [Errno 98] Address already in use"),
]


@pytest.mark.parametrize("message", BUSY)
def test_a_taken_port_is_told_with_its_owner(own: World, message: messages.Message) -> None:
    own.server.start()
    own.says(message)
    own.says(crash("OSError", "[Errno 98] Address already in use"))
    own.exits(1)
    failure = own.server.view()["failure"]
    assert (failure["reason"], failure["port"], failure["line"]) == (
        "port_in_use",
        9090,
        "server.py:3",
    )
    assert failure["port_owner"]["command"] == "nc -l"
    assert own.asked_owner == ("127.0.0.1", 9090, "tcp")
    [news] = [e["entry"] for e in own.events if e["kind"] == "feed"]
    assert (news["code"], news["args"]["port"]) == ("port_in_use", 9090)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("127.0.0.1:" + "9" * 30, "server.py was refused its port: it is already in use"),
        ("127.0.0.1:65536", "server.py was refused its port: it is already in use"),
        ("far.example:80", "server.py was refused its port: it is already in use"),
        ("localhost:80", "localhost:80 is already in use"),
        ("[::1]:80", "[::1]:80 is already in use"),
    ],
)
def test_a_place_that_is_none_is_not_looked_up(own: World, place: str, said: str) -> None:
    own.server.start()
    own.says(point("bind", place, "OSError EADDRINUSE"))
    own.exits(1)
    assert own.server.view()["failure"]["message"] == said
    assert (own.asked_owner is None) == said.startswith("server.py")


def test_an_end_that_cannot_be_explained_is_an_end(
    own: World, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks() -> None:
        raise OverflowError("a look that breaks")

    own.meanwhile = breaks
    own.server.start()
    own.says(BUSY[0])
    own.exits(1)
    assert (own.state, own.server.view()["failure"]["reason"]) == ("FAILED", "exited")
    assert "a look that breaks" in caplog.text
    own.meanwhile = lambda: None
    own.server.start()
    assert own.state == "STARTING"


def test_a_taken_port_of_datagrams_is_looked_up_as_such(own: World) -> None:
    own.server.start()
    own.says(socket("created", None, kind="datagram"))
    own.says(BUSY[0])
    own.exits(1)
    assert own.asked_owner == ("127.0.0.1", 9090, "udp")


def test_a_port_that_the_kernel_keeps_is_explained(own: World) -> None:
    own.owner, own.kept_s = None, 41.5
    own.server.start()
    own.says(BUSY[0])
    own.exits(1)
    failure = own.server.view()["failure"]
    assert (failure["reason"], failure["free_at"]) == ("port_kept", own.wall + 41.5)
    own.wall += 3_600
    own.server.clock_was_set(3_600.0)
    assert own.server.view()["failure"]["free_at"] == own.wall + 41.5
    assert "SO_REUSEADDR before bind() in server.py:3" in failure["next_step"]


def test_a_taken_port_without_a_point_is_known_by_the_error(own: World) -> None:
    own.server.start()
    own.says(crash("OSError", "[Errno 98] Address already in use"))
    own.exits(1)
    failure = own.server.view()["failure"]
    assert (failure["reason"], failure["port_owner"]) == ("port_in_use", None)


def test_a_refused_bind_that_the_program_survived_is_no_cause(own: World) -> None:
    own.server.start()
    own.says(BUSY[0])
    own.says(point("bind", "127.0.0.1:9091", None))
    own.says(crash("ValueError", "another reason"))
    own.exits(1)
    assert own.server.view()["failure"]["reason"] == "exited"


@pytest.mark.parametrize("exception", ["SyntaxError", "IndentationError", "TabError"])
@pytest.mark.parametrize("offered", [None, Python("/opt/python3.13", "3.13.0")])
def test_a_file_for_another_python_is_offered_that(
    own: World, exception: str, offered: Python | None
) -> None:
    own.another = offered
    own.server.start()
    own.says(crash(exception, "invalid syntax"))
    own.exits(1)
    failure = own.server.view()["failure"]
    if offered:
        assert (failure["reason"], failure["python_offered"]["version"]) == ("python", "3.13.0")
        assert "3.13.0" in failure["next_step"]
    else:
        assert (failure["reason"], failure["python_offered"]) == ("syntax", None)


def test_a_missing_module_names_the_interpreter(own: World) -> None:
    own.server.start()
    own.says(crash("ModuleNotFoundError", "No module named 'loguru'"))
    own.exits(1)
    failure = own.server.view()["failure"]
    assert failure["reason"] == "module"
    assert "loguru" in failure["message"]
    assert "/usr/bin/python3 -m pip install" in failure["next_step"]


def test_a_module_that_is_missing_later_is_a_crash_in_the_news(own: World) -> None:
    own.server.start()
    own.says(socket("listening"))
    own.says(crash("ModuleNotFoundError", "No module named 'loguru'"))
    own.exits(1)
    assert own.feed() == ["started", "crashed"]
