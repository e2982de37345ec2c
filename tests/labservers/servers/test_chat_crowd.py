"""The chat server with crowds, floods and members that do not read, and its bounds."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from labservers.servers.chat_backlog import CAPACITY, SEGMENT_BYTES
from labservers.servers.chat_member import Member
from labservers.servers.chat_room import CROWDED
from labservers.servers.chat_states import State
from tests.scarcity import few_threads


def far_behind(member: Member) -> bool:
    assert member.room is not None
    return member.state is State.BEHIND and member.room.size - member.place.at > CROWDED


@contextlib.contextmanager
def running(*work: Callable[[], None]) -> Iterator[None]:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def speak(client: Any, text: str, times: int) -> None:
    for _ in range(times):
        client.say(text)


def drain(client: Any, size: int) -> None:
    while size > 0:
        size -= len(client.sock.recv(1 << 20))


def test_many_that_speak_at_once_wait_for_a_reader_before_it_misses_anything(
    serve_chat: Callable[..., Any], enter: Any, eventually: Callable[..., Any]
) -> None:
    """Their messages together are more than the backlog holds."""
    server = serve_chat(patience_s=60.0)
    reader, *speakers = (enter(server) for _ in range(25))
    text, times = "x" * 59_999 + "\n", 10
    total = len(speakers) * times
    floods = [partial(speak, client, text, times) for client in speakers]
    echoes = [partial(drain, client, total * len(text)) for client in speakers]
    with running(*floods, *echoes):
        eventually(lambda: far_behind(server.members[0]), "the reader is far behind")
        with reader.sock.makefile("rb") as stream:
            for _ in range(total):
                assert len(stream.readline()) == len(text)
    assert server.members[0].place.missed_in_all == 0


def test_a_reader_that_is_behind_misses_nothing_if_it_reads(
    serve_chat: Callable[..., Any], enter: Any, eventually: Callable[..., Any]
) -> None:
    server = serve_chat(patience_s=60.0)
    reader, flooder = enter(server), enter(server, raw=True)
    text, times = "x" * 49_999 + "\n", 600  # 30 MB, several times what the kernel holds
    with running(partial(speak, flooder, text, times), partial(drain, flooder, times * len(text))):
        eventually(lambda: far_behind(server.members[0]), "the reader is far behind")
        with reader.sock.makefile("rb") as stream:
            for _ in range(times):
                assert len(stream.readline()) == len(text)
    assert server.members[0].place.missed_in_all == 0


def test_a_member_that_never_reads_costs_nobody_anything_and_is_told_what_it_missed(
    join: Any, chat_server: Any
) -> None:
    deaf, speaker = join(), join()
    text = "x" * 60_000
    count = 200  # 12 MB, far more than the kernel and the outbox hold
    for _ in range(count):
        speaker.say(text + "\n")
        speaker.hear(text + "\n")
    dropped = chat_server.frame(1).counts["dropped"]
    assert 0 < dropped < count
    backlog = chat_server.members[0].place.backlog
    assert backlog.end - backlog.oldest.begin <= CAPACITY + SEGMENT_BYTES
    stream = deaf.sock.makefile("rb")
    heard = skipped = 0
    while heard + skipped < count:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("* "):
            skipped += int(line.split()[1])
        else:
            assert line == text
            heard += 1
    stream.close()
    assert chat_server.frame(2).counts["dropped"] == skipped == dropped


def test_five_hundred_members_and_a_thousand_joins(
    chat_server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    members = [connect(chat_server.address) for _ in range(500)]
    for member in members:
        member.sendall(b"*\n")
    eventually(lambda: chat_server.rooms.sizes() == {"*": 500}, "all are in", 20)
    for _ in range(500):
        passing = socket.create_connection(chat_server.address, 30)
        passing.sendall(b"*\nexit\n")
        passing.close()
    for number in range(5):
        members[number].sendall(b"message %d\n" % number)
    for member in members:
        stream = member.makefile("rb")
        assert sorted(stream.readline() for _ in range(5)) == [
            b"message %d\n" % n for n in range(5)
        ]
        stream.close()
    eventually(lambda: chat_server.rooms.sizes() == {"*": 500}, "passers-by are gone", 20)


def test_a_thread_that_cannot_be_started_is_a_refusal(
    chat_server: Any,
    connect: Callable[..., socket.socket],
    join: Any,
) -> None:
    stays = join()
    with few_threads(0):
        assert b"full" in connect(chat_server.address).recv(100)
    assert (chat_server.frame(1).connections, chat_server.monitor.totals().counts["refused"]) == (
        1,
        1,
    )
    stays.say("still here\n")
    stays.hear("still here\n")


def test_a_refusal_reaches_a_client_that_has_spoken_already(
    serve_chat: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve_chat(members_at_most=0)
    client = connect(server.address)
    client.sendall(b"1\n" * 1_000)
    with client.makefile("rb") as stream:
        assert b"full" in stream.read()  # and then the end, not a reset


def test_more_than_it_has_threads_for_are_refused(
    serve_chat: Callable[..., Any], enter: Any, connect: Callable[..., socket.socket]
) -> None:
    server = serve_chat(members_at_most=2)
    enter(server)
    second = enter(server)
    assert b"full" in connect(server.address).recv(100)
    second.say("exit\n")
    second.hear_the_end()
