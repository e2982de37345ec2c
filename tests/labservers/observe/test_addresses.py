"""Addresses as text, and which of them are the same."""

from typing import Any

import pytest

from labservers.observe.addresses import address_text, is_of


@pytest.mark.parametrize(
    ("address", "text", "host"),
    [
        (("127.0.0.1", 8004), "127.0.0.1:8004", "127.0.0.1"),
        (("Xen.example", 1), "Xen.example:1", "Xen.example"),
        (("::1", 8004, 0, 0), "[::1]:8004", "::1"),
        (("fe80::2", 9), "[fe80::2]:9", "fe80::2"),
        (("fe80::2%eth0", 9, 0, 2), "[fe80::2%eth0]:9", "fe80::2%eth0"),
    ],
)
def test_an_address_is_itself_and_of_its_host(address: Any, text: str, host: str) -> None:
    assert address_text(address) == text
    assert is_of(text, text)
    assert is_of(text, host)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("[::ffff:127.0.0.1]:5", "127.0.0.1"),
        ("[::ffff:127.0.0.1]:5", "127.0.0.1:5"),
        ("[::ffff:127.0.0.1]:5", "[::ffff:127.0.0.1]"),
        ("[::ffff:127.0.0.1]:5", "::ffff:7f00:1"),
        ("10.0.0.7:5", "[::FFFF:10.0.0.7]:5"),
        ("10.0.0.7:5", "::ffff:10.0.0.7"),
        ("[::1]:5", "[::1]"),
        ("[::1]:5", "0:0:0:0:0:0:0:1"),
        ("[2001:db8::a]:5", "[2001:DB8:0::A]:5"),
        ("/run/a socket", "/run/a socket"),
    ],
)
def test_an_address_is_the_same_however_it_is_spelled(address: str, named: str) -> None:
    assert is_of(address, named)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("127.0.0.1:5", "127.0.0.1:55"),
        ("127.0.0.1:5", "127.0.0.11"),
        ("127.0.0.1:5", "::1"),
        ("127.0.0.1:5", "::127.0.0.1"),
        ("127.0.0.1:5", ""),
        ("127.0.0.1:5", ":5"),
        ("127.0.0.1:5", "\0"),
        ("[::ffff:127.0.0.1]:5", "127.0.0.2"),
        ("[::ffff:127.0.0.1]:5", "127.0.0.1:6"),
        ("[::1]:5", "[::1]:6"),
        ("[::1]:5", "[::2]"),
        ("[::1]:5", "::1:5"),  # another host
        ("/run/a", "/run/b"),
    ],
)
def test_another_address_is_not(address: str, named: str) -> None:
    assert not is_of(address, named)
