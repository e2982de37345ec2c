"""Addresses in all the spellings that the system takes."""

import socket

import pytest

from labservers.net.addresses import (
    Reach,
    conflict,
    connect_host,
    is_ipv4,
    is_local,
    is_shared,
    plain,
    reach,
    resolve,
)
from labservers.net.listening import bind_udp, listen_tcp
from tests.ports import IPV6, V6, free_port

THIS_MACHINE = [
    "127.0.0.1",
    "127.1",
    "127.255.0.3",
    "0x7f.1",
    "0177.1",
    "2130706433",
    "１２７.0.0.1",
    "127。0。0。1",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::FFFF:7F00:1",
]
EVERYWHERE = [
    "0",
    "00",
    "0x0",
    "0.0",
    "0.0.0.0",
    "０",
    "::",
    "::0",
    "0:0:0:0:0:0:0:0",
    "::ffff:0.0.0.0",
]
ELSEWHERE = ["192.0.2.7", "1.2.3", "3232235521", "2001:db8::1", "fe80::1%1", "255.255.255.255"]
NAMES = ["localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "", "256.0.0.1", "[::1]", "-1"]
NAMES += [
    "nosuch.invalid",
    " 127.0.0.1",
    "127.0.0.1\n",
    "١٢٧.0.0.1",
    "a" * 300,
    "a\0b",
    "..",
    "\udc80",
]


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (THIS_MACHINE, Reach.LOOPBACK),
        (EVERYWHERE, Reach.EVERY),
        (ELSEWHERE, Reach.OTHER),
        (NAMES, None),
    ],
)
def test_the_address_decides_and_not_its_spelling(
    spellings: list[str], expected: Reach | None
) -> None:
    assert {spelling: reach(spelling) for spelling in spellings} == dict.fromkeys(
        spellings, expected
    )


@pytest.mark.parametrize("host", [*THIS_MACHINE, *EVERYWHERE])
def test_the_system_agrees(host: str) -> None:
    """A bound socket is reached by the address to connect to."""
    if ":" in host and not IPV6:
        pytest.skip("no IPv6 here")
    with listen_tcp(host, 0) as listener:
        bound, port = listener.getsockname()[:2]
        assert reach(bound) is reach(host)
        socket.create_connection((connect_host(bound), port), 30).close()
        socket.create_connection((connect_host(host), port), 30).close()


@pytest.mark.parametrize(
    "host",
    [
        *("224.0.0.1", "239.255.255.250", "224.1", "0xe0000001"),
        *("127.255.255.255", "255.255.255.255", "::ffff:224.0.0.1", "::ffff:127.255.255.255"),
        *(pytest.param(host, marks=V6) for host in ("ff02::1", "ff0e::101")),
    ],
)
def test_nobody_listens_at_the_address_of_a_group_or_of_a_network(host: str) -> None:
    assert is_shared(host)
    family, address = resolve(host, 0, socket.SOCK_STREAM)
    assert not is_local(address, family)
    for take in (listen_tcp, bind_udp):
        with pytest.raises(OSError, match="Cannot assign requested address"):
            take(host, 0)


def test_the_address_of_one_machine_is_not_shared() -> None:
    assert not any(map(is_shared, [*THIS_MACHINE, *EVERYWHERE, "192.0.2.7", "fe80::1", *NAMES]))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST"])
def test_a_name_is_looked_up_and_ipv4_comes_first(host: str) -> None:
    family, address = resolve(host, 80, socket.SOCK_STREAM)
    assert (family, reach(address[0])) == (socket.AF_INET, Reach.LOOPBACK)


@pytest.mark.parametrize("host", ["", "nosuch.invalid", "..", "a" * 300, "\udc80"])
def test_a_name_that_nobody_knows_is_one_kind_of_error(host: str) -> None:
    for take in (listen_tcp, bind_udp):
        with pytest.raises(socket.gaierror):
            take(host, 0)


@pytest.mark.parametrize(
    ("host", "spelled", "of_ipv4"),
    [
        *(("127.1", "127.0.0.1", True), ("0", "0.0.0.0", True), ("10.1.2.3", "10.1.2.3", True)),
        *(("::ffff:10.1.2.3", "10.1.2.3", True), ("::ffff:0:0", "0.0.0.0", True)),
        *(("0:0::1", "::1", False), ("::", "::", False), ("::7f00:1", "::127.0.0.1", False)),
        *(("localhost", "localhost", False), ("a..b", "a..b", False)),
    ],
)
def test_a_number_has_one_plain_spelling(host: str, spelled: str, of_ipv4: bool) -> None:
    assert (plain(host), is_ipv4(host)) == (spelled, of_ipv4)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.1", "127.0.0.1", True),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "0.0.0.0", True),
        ("0", "127.0.0.2", True),
        ("127.0.0.1", "::", True),
        ("::", "::1", True),
        ("::1", "127.0.0.1", False),
        ("::1", "0.0.0.0", False),
    ],
)
def test_which_addresses_exclude_each_other_on_one_port(
    one: str, other: str, expected: bool
) -> None:
    assert conflict(one, other) is conflict(other, one) is expected
    if ":" in one + other and not IPV6:
        pytest.skip("no IPv6 here")
    with listen_tcp(one, free_port()) as first:
        port = first.getsockname()[1]
        try:
            listen_tcp(other, port).close()
        except OSError:
            assert expected  # and so says the system
        else:
            assert not expected
