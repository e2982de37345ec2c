"""Addresses as text, and the host out of that text."""

from typing import Any

import pytest

from labservers.observe.addresses import address_text, host_of


@pytest.mark.parametrize(
    ("address", "text", "host"),
    [
        (("127.0.0.1", 8004), "127.0.0.1:8004", "127.0.0.1"),
        (("Xen.example", 1), "Xen.example:1", "Xen.example"),
        (("::1", 8004, 0, 0), "[::1]:8004", "::1"),
        (("fe80::2", 9), "[fe80::2]:9", "fe80::2"),
    ],
)
def test_an_address_and_its_host(address: Any, text: str, host: str) -> None:
    assert address_text(address) == text
    assert host_of(text) == host
