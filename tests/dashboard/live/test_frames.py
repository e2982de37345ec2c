"""WebSocket frames, judged by wsproto, in any segmentation."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from dashboard.live.frames import FrameError, Frames, Message, Opcode, close_frame, frame

LIMIT = 100_000
sizes = st.sampled_from([0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 65_535, 65_536, 70_000])
payloads = st.builds(lambda size, byte: bytes([byte]) * size, sizes, st.integers(0, 127))


@st.composite
def conversations(draw: st.DrawFn) -> tuple[bytes, list[Message]]:
    """The bytes of a client, and their meaning."""
    client = Connection(ConnectionType.CLIENT)
    sent, meant = b"", []
    for _ in range(draw(st.integers(1, 5))):
        payload = draw(payloads)
        if draw(st.booleans()):
            control = payload[:125]
            sent += client.send(Ping(control))
            meant.append(Message(Opcode.PING, control))
        cut = draw(st.integers(0, len(payload)))
        sent += client.send(BytesMessage(payload[:cut], message_finished=False))
        if draw(st.booleans()):  # a control frame may come inside a message
            sent += client.send(Pong(b"in between"))
            meant.append(Message(Opcode.PONG, b"in between"))
        sent += client.send(BytesMessage(payload[cut:], message_finished=True))
        meant.append(Message(Opcode.BINARY, payload))
        sent += client.send(TextMessage("текст"))
        meant.append(Message(Opcode.TEXT, "текст".encode()))
    return sent, meant


@given(conversations(), st.lists(st.integers(1, 400_000), max_size=20))
def test_what_a_client_sends_is_understood_wherever_it_is_cut(
    conversation: tuple[bytes, list[Message]], cuts: list[int]
) -> None:
    sent, meant = conversation
    frames, heard = Frames(LIMIT), []
    places = [0, *sorted(cut for cut in cuts if cut < len(sent)), len(sent)]
    for begin, end in pairwise(places):
        heard += frames.feed(sent[begin:end])
    assert heard == meant


def test_byte_by_byte() -> None:
    client = Connection(ConnectionType.CLIENT)
    sent = b"".join(
        client.send(TextMessage(text)) for text in ("", "a", "x" * 126, "y" * 65_536, "z")
    )
    frames = Frames(LIMIT)
    heard = [message for at in range(len(sent)) for message in frames.feed(sent[at : at + 1])]
    assert [len(message.payload) for message in heard] == [0, 1, 126, 65_536, 1]


@given(payloads, st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
def test_what_a_server_sends_is_understood_by_a_client(payload: bytes, opcode: Opcode) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(frame(opcode, payload) + close_frame(4400, "я" * 100))
    *parts, closed = client.events()
    assert isinstance(closed, CloseConnection)
    assert (closed.code, closed.reason) == (4400, "я" * 61)
    assert b"".join(_data(part) for part in parts) == payload


def _data(event: Event) -> bytes:
    assert isinstance(event, TextMessage | BytesMessage)
    return event.data.encode() if isinstance(event, TextMessage) else bytes(event.data)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\x01a", 1002),  # not masked
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\x83\x80\0\0\0\0", 1002),  # an unknown opcode
        (b"\x80\x80\0\0\0\0", 1002),  # goes on with nothing
        (b"\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 1002),  # a message inside another
        (b"\x09\x80\0\0\0\0", 1002),  # a ping in fragments
        (b"\x89\xfe\x00\x7e\0\0\0\0", 1002),  # a ping of 126 bytes
        (b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1009),
        (b"\x81\xff\0\0\0\0\0\x01\x86\xa1", 1009),
        (b"\x01\xff\0\0\0\0\0\x01\x86\xa0\0\0\0\0" + b"x" * 100_000 + b"\x80\x81", 1009),
    ],
)
def test_what_a_client_may_not_send_is_an_error(sent: bytes, code: int) -> None:
    with pytest.raises(FrameError) as raised:
        Frames(LIMIT).feed(sent)
    assert raised.value.code == code


@given(st.binary(max_size=300))
def test_junk_is_messages_or_an_error(junk: bytes) -> None:
    frames = Frames(LIMIT)
    try:
        for message in frames.feed(junk):
            assert len(message.payload) <= LIMIT
    except FrameError as error:
        assert error.code in (1002, 1009)
