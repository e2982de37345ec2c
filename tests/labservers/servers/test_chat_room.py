"""A room whose members have sockets that take as much as the test allows: members that are behind,
missed messages, and the report of them."""

from typing import Any

import pytest

from labservers.servers.chat_backlog import CAPACITY, SEGMENT_BYTES
from labservers.servers.chat_delivery import GO_BYTES
from labservers.servers.chat_states import State


@pytest.fixture
def speaker(fake_chat: Any, fake_socket: Any) -> Any:
    return fake_chat.join(fake_socket())


def level(room: Any) -> list[int]:
    return list(room.level)


def test_a_member_that_is_behind_reads_on_and_is_level_again(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    behind = fake_chat.join(sock := fake_socket(room=5))
    fake_chat.say(speaker, "one", "two")
    fake_chat.say(speaker, "three")
    assert sock.got == b"one\nt"
    assert level(speaker.room) == [1]
    assert speaker.room.read_on(behind) == (0, b"three\n")
    fake_chat.say(speaker, "four")
    assert not speaker.room.catch_up(behind)
    fake_chat.open_up(behind)
    assert sock.got == b"one\ntwo\nfour\n"  # "three" has been read above
    assert level(speaker.room) == [1, 2]
    fake_chat.say(speaker, "five")
    assert sock.got.endswith(b"four\nfive\n")
    assert speaker.sock.got == b"one\ntwo\nthree\nfour\nfive\n"
    assert behind.place.backlog is None


def test_a_member_that_joins_while_another_is_behind_hears_what_comes(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    behind = fake_chat.join(fake_socket(room=0))
    fake_chat.say(speaker, "before")
    late = fake_chat.join(sock := fake_socket())
    fake_chat.say(speaker, "after")
    assert sock.got == b"after\n"
    fake_chat.open_up(behind)
    sock.room = 0
    fake_chat.say(speaker, "more")
    fake_chat.open_up(late)
    assert sock.got == b"after\nmore\n"
    assert behind.sock.got == b"before\nafter\nmore\n"


def test_the_oldest_are_given_up_and_the_notice_stands_where_they_are_missing(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    behind = fake_chat.join(sock := fake_socket(room=2))
    fake_chat.say(speaker, "first")
    text = "x" * 1000
    for _ in range(2000):
        fake_chat.say(speaker, text)
    fake_chat.say(speaker, "last")
    fake_chat.rooms.count_missed()  # as for a frame: it is known before a member reads
    missed = behind.place.missed_in_all
    assert 2000 - CAPACITY / 1000 < missed < 2000 - CAPACITY / 1001 + 70
    assert fake_chat.monitor.totals().counts["dropped"] == missed
    fake_chat.open_up(behind)
    fake_chat.say(speaker, "later")
    kept = [text] * (2000 - missed)
    assert sock.got.decode().splitlines() == [
        "first", f"* {missed} messages were skipped", *kept, "last", "later",
    ]  # fmt: skip
    assert fake_chat.monitor.totals().counts["dropped"] == behind.place.missed_in_all == missed


def test_a_raw_member_gets_no_notice_of_what_it_missed(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    behind = fake_chat.join(fake_socket(room=0), mode="raw")
    for _ in range(20):
        fake_chat.say(speaker, "x" * 60_000)
    fake_chat.open_up(behind)
    missed = behind.place.missed_in_all
    assert missed > 0
    assert behind.sock.got == b"x" * (60_000 * (20 - missed))
    [skipped] = fake_chat.events("skipped")
    assert (skipped["count"], skipped["line"]) == (missed, None)
    behind.change_mode("line")
    fake_chat.say(speaker, "later")
    assert behind.sock.got.endswith(b"xlater\n")  # nothing is missing just here


def test_each_notice_is_reported_with_its_place_in_the_stream(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    """So that no reader has to recognise it among lines that any member may say."""
    fake_chat.say(speaker, "before the others came")
    behind = fake_chat.join(sock := fake_socket(), mode="line")
    fake_chat.say(speaker, "* 5 messages were skipped")  # says a member
    for _ in range(2):
        sock.room = 0
        for _ in range(30):
            fake_chat.say(speaker, "x" * 60_000)
        fake_chat.open_up(behind)
    lines = sock.got.decode().splitlines()
    reported = fake_chat.events("skipped")
    assert len(reported) == 2
    heard = 1  # the number of the newest message when it joined
    for data in reported:
        before = lines[: data["line"] - 1]
        heard = (
            1
            + len(before)
            - reported.index(data)
            + sum(e["count"] for e in reported[: reported.index(data)])
        )
        assert lines[data["line"] - 1] == f"* {data['count']} messages were skipped"
        assert data["seq"] == heard + 1
        assert (data["room"], data["peer"], data["id"]) == ("1", "peer", 2)
    assert [data["total"] for data in reported] == [
        reported[0]["count"], behind.place.missed_in_all,
    ]  # fmt: skip
    assert reported[1]["total"] == reported[0]["count"] + reported[1]["count"]


def test_rooms_that_everybody_has_left_are_remembered_and_bounded(
    make_chat: Any, fake_socket: Any
) -> None:
    chat = make_chat(remembered=3)
    for name in "abca" + "d":
        member = chat.join(fake_socket(), name)
        chat.say(member, "one")
        chat.leave(member)
    assert chat.monitor.totals().requests == 5
    assert [chat.join(fake_socket(), name).room.messages for name in "cadb"] == [1, 2, 1, 0]


def test_however_many_do_not_read_the_messages_are_kept_once(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    deaf = [fake_chat.join(fake_socket(room=0)) for _ in range(50)]
    for number in range(3_000):
        fake_chat.say(speaker, f"{number} " + "x" * 1000)
    [backlog] = {member.place.backlog for member in deaf}
    assert backlog.end - backlog.oldest.begin <= CAPACITY + SEGMENT_BYTES
    assert sum(len(lines) for member in deaf for lines in member.rest) < 50 * 1100


def test_a_leaver_is_sent_what_was_said_before_and_nothing_after(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    behind, other = fake_chat.join(fake_socket(room=1)), fake_chat.join(fake_socket(room=1))
    fake_chat.say(speaker, "one")
    fake_chat.say(speaker, "two")
    fake_chat.leave(behind)
    fake_chat.say(speaker, "three")
    fake_chat.open_up(other)  # the room keeps no backlog any more
    behind.sock.room = 100
    behind.flush(1.0)
    assert behind.sock.got == b"one\ntwo\n"
    assert level(speaker.room) == [1, 3]
    assert other.sock.got == b"one\ntwo\nthree\n"
    assert not speaker.room.reading_on


def test_what_is_given_up_of_a_leaver_counts_up_to_then(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    behind, other = fake_chat.join(fake_socket(room=0)), fake_chat.join(fake_socket(room=0))
    fake_chat.say(speaker, "one")
    fake_chat.say(speaker, "two", "three")
    fake_chat.leave(behind)
    for _ in range(30):
        fake_chat.say(speaker, "x" * 60_000)
    behind.sock.room = 1000
    behind.flush(1.0)
    assert behind.sock.got == b"one\n* 2 messages were skipped\n"
    assert behind.place.missed_in_all == 2
    fake_chat.leave(other)
    assert fake_chat.monitor.totals().counts["dropped"] == 2 + other.place.missed_in_all > 12


def test_a_member_that_leaves_while_level_is_sent_no_more(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    leaver, deaf = fake_chat.join(fake_socket()), fake_chat.join(fake_socket(room=0))
    fake_chat.say(speaker, "one")
    for member in (leaver, deaf):
        fake_chat.leave(member)
    fake_chat.say(speaker, "two")
    assert leaver.sock.got == b"one\n"
    assert (leaver.state, deaf.state) == (State.LEAVING, State.LEAVING)
    assert level(speaker.room) == [1]
    assert not speaker.room.reading_on


def test_what_is_much_goes_out_in_several_goes(
    fake_chat: Any, fake_socket: Any, speaker: Any
) -> None:
    other = fake_chat.join(fake_socket())
    texts = [letter.encode() * GO_BYTES + b"\n" for letter in "abc"]
    for text in texts:  # as if others had put it there, and a thread delivered at the moment
        speaker.room.delivery.put(other, text)
    fake_chat.say(speaker, "mine")
    for member in (speaker, other):
        assert member.sock.sends == [*texts[:2], texts[2], b"mine\n"]


def test_joins_and_leaves_are_reported_with_the_number_of_people(
    fake_chat: Any, fake_socket: Any
) -> None:
    first, second = fake_chat.join(fake_socket()), fake_chat.join(fake_socket())
    fake_chat.leave(first)
    fake_chat.leave(second)
    batch = fake_chat.monitor.take_events().events
    assert [(e.kind, e.data["id"], e.data["people"]) for e in batch] == [
        ("joined", 1, 1), ("joined", 2, 2), ("left", 1, 1), ("left", 2, 0),
    ]  # fmt: skip
