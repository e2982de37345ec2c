"""Reports of the chat: joins, messages, leaves, losses, and the rooms of a frame."""

import socket
from collections.abc import Callable
from typing import Any

from labservers.observe import messages


def converse(*members: Any, count: int) -> None:
    """One message after the other, by each member in turn."""
    for number in range(count):
        members[number % len(members)].say(f"{number % 10}\n")
        for member in members:
            member.hear(f"{number % 10}\n")


def test_the_telemetry_tells_who_joined_said_and_left(
    join: Any, chat_server: Any, eventually: Callable[..., Any]
) -> None:
    a, b = join("я"), join("я", raw=True)
    a.say("one\n")
    b.hear("one")
    b.say("two")
    a.hear("one\ntwo\n")
    peers = [m.connection.peer for m in chat_server.members]
    b.say("exit")
    eventually(lambda: chat_server.rooms.sizes() == {"я": 1}, "b left")
    assert chat_server.frame(1).rooms == {"я": 1}
    events = chat_server.monitor.take_events().events
    assert [event.number for event in events] == [1, 2, 3, 4, 5]
    reported = [(e.kind, e.data["room"], e.data["peer"], e.data.get("seq")) for e in events]
    assert reported == [
        ("joined", "я", peers[0], 0),
        ("joined", "я", peers[1], 0),
        ("said", "я", peers[0], 1),
        ("said", "я", peers[1], 2),
        ("left", "я", peers[1], None),
    ]
    assert [e.data["mode"] for e in events if e.kind == "said"] == ["line", "raw"]


def test_what_is_said_in_one_go_is_one_event_with_the_sizes(join: Any, chat_server: Any) -> None:
    speaker = join()
    speaker.say("one\nthree\n" + "x\n" * 200)
    speaker.hear("one\nthree\n" + "x\n" * 200)
    speaker.say("more\n")
    speaker.hear("more\n")
    said = [e.data for e in chat_server.monitor.take_events().events if e.kind == "said"]
    assert [(data["seq"], data["sizes"]) for data in said] == [
        (1, [3, 5] + [1] * 98),
        (203, [4]),
    ]


def test_what_a_member_says_in_a_row_is_one_event_until_it_is_taken(
    join: Any, chat_server: Any
) -> None:
    one = join()
    converse(one, count=150)
    other = join()
    converse(other, one, count=2)
    converse(other, count=1)
    said = [e.data for e in chat_server.monitor.take_events().events if e.kind == "said"]
    assert [(data["seq"], len(data["sizes"])) for data in said] == [
        (1, 100),
        (101, 50),
        (151, 1),
        (152, 1),
        (153, 1),
    ]
    converse(other, count=2)
    (event,) = chat_server.monitor.take_events().events
    assert (event.data["seq"], event.data["sizes"]) == (154, [1, 1])


def test_who_speaks_is_told_while_somebody_looks_at_the_rooms(join: Any, chat_server: Any) -> None:
    """And by the number in the room, whatever was said when nobody looked."""
    looks = [messages.Look(10.0, ["rooms"]), messages.Look(10.0, ["wire"])]
    speaker, told = join(), []
    for turn in range(5):
        chat_server.looked_at(looks[turn % 2])
        converse(speaker, count=2)
        batch = chat_server.monitor.take_events()
        told += (
            [event.data["seq"] for event in batch.events if event.kind == "said"] if batch else []
        )
    assert told == [1, 5, 9]


def test_what_is_said_in_another_mode_is_another_event(join: Any, chat_server: Any) -> None:
    listener, speaker = join(), join(raw=True)
    for text in ("one", "two", "three\n"):
        speaker.say(text)
        listener.hear(text.strip() + "\n")
    events = chat_server.monitor.take_events().events
    said = [(e.data["mode"], e.data["sizes"]) for e in events if e.kind == "said"]
    assert said == [("raw", [3, 3]), ("line", [5])]


def test_events_that_nobody_takes_are_bounded_and_the_missing_are_counted(
    join: Any, chat_server: Any
) -> None:
    speakers = join(), join()
    converse(*speakers, count=1_200)
    batch = chat_server.monitor.take_events()
    assert len(batch.events) == 1_000
    assert batch.lost == 1_202 - 1_000
    assert chat_server.frame(1).events_lost == batch.lost
    converse(*speakers, count=1)
    batch = chat_server.monitor.take_events()
    assert (len(batch.events), batch.lost) == (1, 0)


def test_a_join_is_told_however_much_is_said(join: Any, chat_server: Any) -> None:
    converse(join(), join(), count=1_200)
    join()
    batch = chat_server.monitor.take_events()
    assert [event.kind for event in batch.events[-2:]] == ["said", "joined"]
    assert batch.lost == 1_203 - len(batch.events)


def test_a_frame_names_the_largest_rooms_only(
    chat_server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    for number in range(60):
        connect(chat_server.address).sendall(chr(0x400 + number).encode() + b"\n")
    for _ in range(3):
        connect(chat_server.address).sendall("Ы\n".encode())
    eventually(
        lambda: [bool(member.room) for member in chat_server.members] == [True] * 63,
        "all are in their rooms",
    )
    assert chat_server.frame(1).rooms["Ы"] == 4
    assert len(chat_server.frame(1).rooms) == 50
