"""Commands are carried out one by one; the channel's end is the end of the server."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe import messages
from labservers.observe.channel import Channel
from labservers.run.commands import obey


class NotedStops:
    """A stopper that only notes how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, ...]] = []

    def stop(self, *within_s: float) -> None:
        self.asked.append(within_s)


class NotedLooks:
    def __init__(self) -> None:
        self.looks: list[messages.Look] = []

    def look(self, look: messages.Look) -> None:
        self.looks.append(look)

    def hold(self) -> None: ...


class Obeying:
    def __init__(self, server: Any, ends: tuple[Channel, Channel]) -> None:
        self.stops, self.looks = NotedStops(), NotedLooks()
        self.other = ends[1]
        self.thread = threading.Thread(
            target=obey, args=(ends[0], server, self.looks, self.stops), name="commands"
        )
        self.thread.start()

    def say(self, command: messages.Command) -> None:
        self.other.send(messages.encode(command))

    def end(self) -> None:
        self.other.close()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def obeying(server: Any, ends: tuple[Channel, Channel]) -> Iterator[Obeying]:
    made = Obeying(server, ends)
    yield made
    made.end()


def test_each_command_goes_where_it_is_carried_out(server: Any, obeying: Obeying) -> None:
    look = messages.Look(10.0, ["rows"])
    obeying.say(look)
    for command in (messages.Pause(3.0), messages.Tick(), messages.Slow(0.1)):
        obeying.say(command)
        asked = server.asked.get(timeout=30)
        assert (type(asked), asked) == (type(command), command)
    assert obeying.looks.looks == [look]
    obeying.say(messages.Stop())
    obeying.end()
    assert obeying.stops.asked[0] == ()


def test_what_is_not_a_command_is_said_and_the_next_is_carried_out(
    server: Any, obeying: Obeying, eventually: Callable[..., Any]
) -> None:
    obeying.other.send(b"junk\x1b[2J\n")
    obeying.other.send(b'{"type":"frame"}\n')
    obeying.say(messages.Tick())
    assert server.asked.get(timeout=30) == ()
    eventually(lambda: server.written.getvalue().count("ignored a command") == 2)
    assert "\x1b" not in server.written.getvalue()


def test_a_command_that_fails_does_not_end_the_others(
    server: Any, obeying: Obeying, eventually: Callable[..., Any]
) -> None:
    obeying.say(messages.Step())
    obeying.say(messages.Slow(1.0))
    assert isinstance(server.asked.get(timeout=30), messages.Step)
    assert server.asked.get(timeout=30) == (1.0,)
    eventually(lambda: "cannot step" in server.written.getvalue(), "it is said")


def test_the_end_of_the_channel_ends_the_server_in_a_hurry(obeying: Obeying) -> None:
    obeying.end()
    (within_s,) = obeying.stops.asked[-1]
    assert within_s < 2.0
