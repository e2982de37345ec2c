"""Programs of the user by written histories: when they are up, and how they end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import NotNow
from dashboard.programs.catalogue import own_program
from dashboard.programs.files import OwnFile
from labservers.net.addresses import connect_host
from labservers.observe import messages, observed

World = Any
FILE = Path("/home/me/lab/server.py")


@pytest.fixture
def own(make_world: Callable[..., World]) -> World:
    world = make_world(program=own_program(OwnFile(FILE)), restart_attempts=3)
    world.server.configure({"python": "/usr/bin/python3", "arguments": "9090 'a b'"})
    return world


def socket(
    event: str, local: str | None = "127.0.0.1:9090", kind: str = "stream", number: int = 1
) -> observed.SocketEvents:
    happened = observed.SocketEvent(1.0, number, 3, "AF_INET", kind, event, local, None, None)
    return observed.SocketEvents(1.0, [happened])


def point(call: str, result: str | None, error: str | None) -> observed.Points:
    made = observed.Point(1, 1.0, "MainThread", "server.py:3", "main", 1, 3, call, 5,
                          result=result, error=error)  # fmt: skip
    return observed.Points(1.0, [made], 0)


def crash(exception: str, message: str, *, main: bool = True) -> observed.Crash:
    return observed.Crash(1.0, "MainThread", main, exception, message, "server.py:7", "x", [], {})


def asks(prompt: str | None) -> observed.Asks:
    return observed.Asks(1.0, "MainThread", "server.py:2", prompt)


def test_it_is_started_with_its_arguments_in_its_folder(own: World) -> None:
    own.server.start()
    words, folder, terminal = own.process.command
    assert words[0] == "/usr/bin/python3"
    assert words[-3:] == (str(FILE), "9090", "a b")
    assert (folder, terminal) == (FILE.parent, True)


@pytest.mark.parametrize("wholly", [True, False])
def test_where_a_daemon_may_outlive_it_the_page_says_so(own: World, wholly: bool) -> None:
    own.wholly = wholly
    own.server.start()
    codes = [notice["code"] for notice in own.server.view()["notices"]]
    assert codes == ([] if wholly else ["unguarded"])


@pytest.mark.parametrize(
    ("message", "place", "transport"),
    [
        (socket("listening"), "127.0.0.1:9090", "tcp"),
        (socket("bound", kind="datagram"), "127.0.0.1:9090", "udp"),
        (socket("listening", "0.0.0.0:9090"), "0.0.0.0:9090", "tcp"),
        (socket("listening", "[::1]:9090"), "[::1]:9090", "tcp"),
    ],
)
def test_it_is_up_with_its_first_socket(
    own: World, message: messages.Message, place: str, transport: str
) -> None:
    own.server.start()
    own.says(socket("created", None))
    own.says(socket("bound"))
    assert own.state == "STARTING"
    own.says(message)
    view = own.server.view()
    assert (view["state"], view["listening"], view["transport"]) == ("RUNNING", [place], transport)
    assert own.server.address() == (view["host"], 9090)
    assert view["host"] in ("127.0.0.1", "::1")
    assert own.feed() == ["started"]


def test_a_socket_that_is_closed_is_not_listened_on(own: World) -> None:
    own.server.start()
    own.says(socket("listening"))
    own.says(socket("closed"))
    view = own.server.view()
    assert (view["state"], view["listening"], own.server.address()) == ("RUNNING", [], None)


def test_it_is_up_when_it_waits_for_input(own: World) -> None:
    own.server.start()
    own.says(asks("port? "))
    view = own.server.view()
    waits = {"prompt": "port? ", "line": "server.py:2", "since": 1.0}
    assert (view["state"], view["waits_for_input"]) == ("RUNNING", waits)
    own.says(asks(None))
    assert own.server.view()["waits_for_input"] is None


def test_without_a_socket_it_is_up_after_some_seconds(own: World) -> None:
    own.server.start()
    own.passes(4.9)
    assert own.state == "STARTING"
    own.passes(0.2)
    assert (own.state, own.feed(), own.server.view()["failure"]) == ("RUNNING", ["alive"], None)
    assert "SIGKILL" not in own.process.done


def test_where_nothing_is_observed_the_kernel_is_asked(own: World) -> None:
    own.server.start()
    own.kernel = [("127.0.0.1", 9090)]
    own.passes(0.1)
    assert (own.state, own.server.address()) == ("RUNNING", ("127.0.0.1", 9090))


@pytest.mark.parametrize("kinds", [["stream"], ["datagram"], ["stream", "datagram"]], ids=str)
def test_before_the_recording_tells_of_a_socket_its_kind_is_the_kernels(
    own: World, kinds: list[str]
) -> None:
    own.server.start()
    own.kernel, own.kernel_kinds = [("127.0.0.1", 9090)], kinds
    own.passes(0.1)
    assert own.server.view()["sockets"] == [["127.0.0.1", 9090]]
    assert own.server.targets() == dict.fromkeys(kinds, ("127.0.0.1", 9090))
    own.kernel = []
    assert own.server.targets() == {}


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
def test_before_that_a_socket_of_every_address_is_reached_by_loopback(
    own: World, everywhere: str
) -> None:
    own.server.start()
    own.kernel = [(everywhere, 9090)]
    own.passes(0.1)
    assert own.server.targets() == {"stream": (connect_host(everywhere), 9090)}


def test_an_end_in_peace_is_finished_and_keeps_its_picture(own: World) -> None:
    own.server.start()
    own.says(socket("listening"))
    own.says(crash("ValueError", "in a thread", main=False))
    own.exits(0)
    view = own.server.view()
    assert (view["state"], view["finished"], view["failure"]) == ("STOPPED", True, None)
    assert [c["exception"] for c in view["crashes"]] == ["ValueError"]
    assert own.feed()[-1] == "finished"
    own.server.start()
    assert own.server.view()["crashes"] == []
    assert not own.server.view()["finished"]


@pytest.mark.parametrize("code", [1, -9, -11])
def test_a_crash_is_not_started_again_by_itself(own: World, code: int) -> None:
    own.server.start()
    own.says(socket("listening"))
    own.says(crash("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xff"))
    own.exits(code)
    view = own.server.view()
    assert (view["state"], view["finished"], view["retry"]) == ("FAILED", False, None)
    assert view["failure"]["line"] == "server.py:7"
    assert view["failure"]["message"].startswith("server.py ended with ")


@pytest.mark.parametrize("code", [-2, 130, 1, 0])
def test_the_end_that_an_interrupt_was_for_is_no_failure(own: World, code: int) -> None:
    own.server.start()
    own.says(socket("listening"))
    assert own.server.interrupt()
    assert own.process.done[-1] == "SIGINT"
    own.exits(code)
    view = own.server.view()
    assert (view["state"], view["failure"], view["finished"]) == ("STOPPED", None, False)
    assert own.feed()[-1] == "stopped"
    assert not own.server.interrupt()


def test_a_crash_long_after_an_interrupt_is_one(own: World) -> None:
    own.server.start()
    own.server.interrupt()
    own.passes(6)
    own.exits(1)
    assert own.state == "FAILED"


def test_what_is_typed_goes_to_the_terminal(own: World) -> None:
    with pytest.raises(NotNow):
        own.server.type("too early\n")
    own.server.start()
    own.server.type("имя\n")
    assert own.process.typed == "имя\n".encode()
    with pytest.raises(NotNow, match="4,095"):
        own.server.type("x" * 4_095 + "\n")
    own.process.reads = False
    with pytest.raises(NotNow, match="does not read its input"):
        own.server.type("more than its terminal keeps\n")
    own.process.reads = True
    own.server.type("\x03")
    own.exits(-2)
    assert own.state == "STOPPED"


def test_settings_may_change_while_it_runs_and_count_for_the_next_start(own: World) -> None:
    own.server.start()
    own.server.configure({"arguments": "7000", "restart_on_save": True})
    assert own.server.view()["arguments"] == "7000"
    own.server.restart()
    own.exits(-15)
    assert own.process.command.words[-1] == "7000"


def test_a_program_that_was_forgotten_starts_no_more(own: World) -> None:
    own.server.start()
    with pytest.raises(NotNow):
        own.server.retire()
    own.exits(0)
    own.server.retire()
    with pytest.raises(NotNow):
        own.server.start()
    assert len(own.processes) == 1


def test_what_its_terminal_shows_is_transcript_and_log(own: World) -> None:
    own.server.start()
    for data in (b"one\r\ntw", b"o\r\nname? "):
        own.process.listener.on_output(data)
    said = own.server.console().following(0, 0)[1]
    assert [one["output"] for one in said if "output" in one] == ["one\r\ntwo\r\nname? "]
    assert own.server.reports.log.tail(5) == ["one", "two"]
    own.exits(1)
    assert own.server.view()["failure"]["last_lines"] == ["one", "two", "name? "]
    own.server.start()
    own.process.listener.on_output(b"anew\r\n")
    assert own.server.reports.log.tail(5) == ["one", "two", "name? ", "anew"]


def test_what_an_earlier_process_still_prints_is_not_shown(own: World) -> None:
    own.server.start()
    old = own.process.listener
    own.exits(1)
    own.server.start()
    old.on_output(b"late")
    assert not any("output" in one for one in own.server.console().following(0, 0)[1])


def test_clients_are_sent_only_where_the_kernel_knows_a_socket_of_it(own: World) -> None:
    own.server.start()
    own.says(socket("listening"))
    assert own.server.targets() == {}
    own.kernel = [("127.0.0.1", 9090)]
    assert own.server.targets() == {"stream": ("127.0.0.1", 9090)}
    own.says(socket("listening", "[::ffff:7f00:1]:9090", number=2))
    own.kernel = [("::ffff:127.0.0.1", 9090)]
    assert list(own.server.targets()) == ["stream"]
    own.says(socket("listening", "192.0.2.1:80", number=3))
    assert own.server.targets() == {}


@pytest.mark.parametrize("kinds", [["stream"], ["datagram"], ["datagram", "stream"]], ids=str)
def test_one_port_may_have_a_socket_of_each_kind(own: World, kinds: list[str]) -> None:
    own.server.start()
    own.says(socket("listening"))
    own.says(socket("bound", number=2, kind="datagram"))
    own.kernel, own.kernel_kinds = [("127.0.0.1", 9090)], kinds
    assert own.server.targets() == dict.fromkeys(kinds, ("127.0.0.1", 9090))


def test_of_two_sockets_on_one_port_clients_take_the_one_of_ipv4(own: World) -> None:
    """As those of asyncio.start_server(..., host=None): `::` is bound last."""
    own.server.start()
    own.says(socket("listening", "0.0.0.0:9090"))
    own.says(socket("listening", "[::]:9090", number=2))
    own.kernel = [("0.0.0.0", 9090), ("::", 9090)]
    assert own.server.targets() == {"stream": ("0.0.0.0", 9090)}
    own.says(socket("listening", "[::]:9091", number=3))
    own.kernel.append(("::", 9091))
    assert own.server.targets() == {"stream": ("::", 9091)}


def test_what_it_says_while_the_kernel_is_asked_stands(own: World) -> None:
    def asked() -> Iterator[tuple[str, int]]:
        own.says(socket("listening"))
        yield from ()

    own.server.start()
    own.kernel = asked()
    own.server.look_at_sockets()
    assert own.server.view()["port"] == 9090


def test_a_loop_that_is_seen_gives_it_a_tab_which_it_keeps(own: World) -> None:
    def tabs() -> list[str]:
        return [tab["name"] for tab in own.server.view()["tabs"]]

    frame = messages.Frame(1.0, 1, 1.0, 0, 0, 0, 0, 0, 0, 1, {})
    own.server.start()
    own.says(frame)
    assert "loop" not in tabs()
    own.says(frame._replace(sees=["loop", "rooms"]))
    assert tabs()[:2] == ["console", "loop"]
    name = own.program.name
    topics = own.server.view()["tabs"][1]["topics"]
    assert topics == [f"loop:{name}", f"rows:{name}", f"tasks:{name}"]
    assert "rooms" not in own.server.capabilities
    own.exits(0)
    assert "loop" in tabs()


def test_the_tasks_of_its_loop_are_not_its_connections(own: World) -> None:
    own.server.start()
    for kind in ("connections", "tasks"):
        own.says(messages.Rows(1.0, kind, 0, []))
    kinds = [event["kind"] for event in own.events if event["kind"] in ("rows", "tasks")]
    assert kinds == ["rows", "tasks"]
    rows = own.server.fresh_rows(0.0)
    assert rows is not None
    assert rows.kind == "connections"
