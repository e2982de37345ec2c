"""Clients that do not speak UTF-8: their words are passed on as far as they can be read, members only
ever get UTF-8, and none of it steers our log."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

LOST = "\ufffd"  # in place of bytes that are not UTF-8


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("привет".encode("cp1251"), 6 * LOST),
        ("Ёж".encode("koi8-r"), 2 * LOST),
        ("naïve".encode("latin-1"), f"na{LOST}ve"),
        ("яма".encode("cp1251"), 3 * LOST),  # FF EC: not a telnet command
        ("бояр".encode("cp1251"), 2 * LOST),  # FF F0 is one, and is taken out
        ("язык".encode("cp866"), 2 * LOST),  # two bytes of each may begin a character
        ("слово word".encode("cp1251"), 5 * LOST + " word"),
    ],
)
def test_letters_of_other_encodings_are_replaced(
    join: Callable[..., Any], said: bytes, heard: str
) -> None:
    line, raw, reader = join(), join(raw=True), join(raw=True)
    for client, end in ((line, b"\n"), (raw, b"")):
        client.sock.sendall(said + end)
        line.hear(heard + "\n")
        raw.hear(heard)
        reader.hear(heard)


def test_a_utf_16_client_is_in_a_room_of_its_own_and_hurts_nobody(
    chat_server: Any,
    join: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
) -> None:
    """Little-endian, as PowerShell writes it: FF FE and a byte are telnet negotiation, then comes
    a NUL. Big-endian: the first byte is not UTF-8."""
    other = join()
    for codec, room in (("utf-16-le", "\0"), ("utf-16-be", "\\xfe")):
        client = connect(chat_server.address)
        client.sendall("\ufeff1\nпривет\n".encode(codec))
        eventually(lambda room=room: chat_server.rooms.sizes().get(room) == 1, "in its room")
        assert client.recv(100).decode("utf-8")
    other.say("still here\n")
    other.hear("still here\n")


@pytest.mark.parametrize(
    ("codec", "room", "heard"),
    [
        ("utf-16-le", "7", ["\0", "\0" + "".join(f"{chr(ord(c) - 0x400)}\x04" for c in "привет")]),
        ("utf-16-be", "\0", ["7\0"]),
    ],
)
def test_a_utf_16_client_without_a_byte_order_mark_is_in_the_room_of_its_first_byte(
    chat_server: Any,
    join: Callable[..., Any],
    connect: Callable[..., socket.socket],
    codec: str,
    room: str,
    heard: list[str],
) -> None:
    """Of digits and letters of ASCII that is the character, little-endian, or NUL."""
    member = join(room)
    client = connect(chat_server.address)
    client.sendall("7\nпривет\n".encode(codec))
    client.shutdown(socket.SHUT_WR)
    for line in heard:
        member.hear(line + "\n")


def test_control_characters_are_passed_on_and_never_steer_the_log(
    chat_server: Any, join: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    line, raw = join("\x1b"), join("\x1b", raw=True)
    text = "\x1b[31mred\x07\0\u202eback\u2028\x85\xa0end"
    line.say(text + "\n")
    line.hear(text + "\n")
    raw.hear(text)
    eventually(lambda: "red" in chat_server.lines(), "logged")
    logged = chat_server.lines()
    assert all(c.isprintable() or c == "\n" for c in logged)
    assert len(logged.splitlines()) == len(logged.split("\n")) - 1


def test_white_space_is_text_but_for_cr_and_lf(join: Callable[..., Any]) -> None:
    """str.strip() and str.splitlines() know a dozen more; a line ends in LF alone."""
    speaker = join()
    for text in (" ", "\u3000", "\x85", "\u2028", "\x0b\x0c", "\x1c\x1d\x1e", "\ta\t", "exit "):
        speaker.say(text + "\n")
        speaker.hear(text + "\n")
