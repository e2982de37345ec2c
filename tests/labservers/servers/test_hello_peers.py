"""Senders of datagrams, which take the place of connections for a minute."""

import time

from labservers.servers.hello_peers import RECENT_S, Peers

ONE, OTHER, THIRD = (("127.0.0.1", port) for port in (1, 2, 3))


def test_those_of_the_last_minute_are_shown_and_the_others_forgotten() -> None:
    peers, now = Peers(10), time.monotonic()
    peers.heard(ONE, now - RECENT_S - 1, 5)
    peers.heard(OTHER, now, 7)
    assert [address for address, _ in peers.recent()] == [OTHER]
    assert peers.heard(ONE, now, 5).id == 3  # it is met anew


def test_the_oldest_makes_room_and_the_newest_senders_come_first() -> None:
    peers, now = Peers(2), time.monotonic()
    for address, at in ((ONE, now), (OTHER, now - 2), (THIRD, now - 1)):
        peers.heard(address, at, 5).bytes_out = 6
    count, rows = peers.rows(1)
    assert count == 2
    assert [(row.peer, row.bytes_in, row.bytes_out) for row in rows] == [("127.0.0.1:3", 5, 6)]
