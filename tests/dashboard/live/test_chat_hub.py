"""Live events of the chat, with nicknames, to every browser of a room."""

import json
from typing import Any

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from dashboard.live.chat_hub import NAMES_KEPT, ChatHub
from labservers.observe import messages

ANYA, RAW = "127.0.0.1:1000", "127.0.0.1:2000"


class Ear:
    """A listener that keeps the events of each frame."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def __call__(self, frame: bytes) -> None:
        self.frames.append(frame)

    @property
    def events(self) -> list[dict[str, Any]]:
        client = Connection(ConnectionType.CLIENT)
        client.receive_data(b"".join(self.frames))
        told = [json.loads(e.data) for e in client.events() if isinstance(e, TextMessage)]
        return [event for message in told for event in message["events"]]


def batch(*events: tuple[str, dict[str, Any]]) -> messages.Events:
    told = [
        messages.Event(number, 0.0, kind, data) for number, (kind, data) in enumerate(events, 1)
    ]
    return messages.Events(0.0, told, 0)


def said(
    seq: int, sizes: list[int], peer: str = RAW, room: str = "7"
) -> tuple[str, dict[str, Any]]:
    return "said", {"room": room, "peer": peer, "seq": seq, "sizes": sizes}


def test_all_browsers_of_a_room_get_the_same_frame_and_others_none() -> None:
    hub, ears = ChatHub(), [Ear(), Ear(), Ear()]
    hub.name(ANYA, "Anya")
    for ear, room in zip(ears, "778", strict=True):
        hub.listen(room, ear)
    hub.take(
        batch(
            ("joined", {"room": "7", "peer": ANYA, "seq": 4, "people": 2}),
            ("left", {"room": "7", "peer": RAW, "people": 1, "reason": "exit"}),
        )
    )
    first, second, other = ears
    assert first.frames == second.frames
    assert len(first.frames) == 1
    assert [(event["kind"], event["name"]) for event in first.events] == [
        ("joined", "Anya"),
        ("left", None),
    ]
    assert other.frames == []


def test_what_somebody_says_in_a_go_is_one_event() -> None:
    hub, ear = ChatHub(), Ear()
    hub.listen("7", ear)
    hub.take(batch(said(1, [5]), said(2, [6, 7]), said(4, [8], ANYA), said(5, [9]), said(7, [1])))
    assert [(event["seq"], event["sizes"]) for event in ear.events] == [
        (1, [5, 6, 7]),
        (4, [8]),
        (5, [9]),
        (7, [1]),
    ]


def test_a_listener_that_has_ended_gets_nothing_and_the_others_go_on() -> None:
    hub, ear, other = ChatHub(), Ear(), Ear()
    stops = [hub.listen("7", one) for one in (ear, other)]
    stops[0]()
    hub.take(batch(said(1, [5])))
    assert (ear.frames, len(other.frames)) == ([], 1)
    stops[1]()
    hub.take(batch(said(2, [5])))
    assert len(other.frames) == 1


def test_the_oldest_of_too_many_names_is_forgotten() -> None:
    hub, ear = ChatHub(), Ear()
    hub.listen("7", ear)
    hub.name(RAW, "Boris")
    for number in range(NAMES_KEPT - 1):
        hub.name(f"127.0.0.2:{number}", "somebody")
    hub.name(ANYA, "Anya")
    hub.take(batch(said(1, [5], RAW), said(2, [5], ANYA)))
    assert [event["name"] for event in ear.events] == [None, "Anya"]


@pytest.mark.parametrize(
    "event",
    [
        ("overloaded", {"reason": "no descriptors"}),
        ("said", {"room": "7"}),
        ("said", {"room": 7, "peer": RAW, "seq": 1, "sizes": [1]}),
        ("said", {"room": "7", "peer": RAW, "seq": "1", "sizes": [1]}),
        ("skipped", {"room": "7", "peer": RAW, "seq": 1}),
        ("joined", {}),
    ],
)
def test_what_is_not_an_event_of_a_room_is_passed_over(event: tuple[str, dict[str, Any]]) -> None:
    hub, ear = ChatHub(), Ear()
    hub.listen("7", ear)
    hub.take(batch(event, said(1, [5])))
    assert [known["kind"] for known in ear.events] == ["said"]


def test_a_field_of_an_event_never_passes_for_its_kind_or_the_nickname() -> None:
    hub, ear = ChatHub(), Ear()
    hub.name(ANYA, "Anya")
    hub.listen("7", ear)
    data = {"room": "7", "peer": ANYA, "people": 1, "kind": "said", "name": "Boris"}
    hub.take(batch(("left", data)))
    assert [(event["kind"], event["name"]) for event in ear.events] == [("left", "Anya")]
