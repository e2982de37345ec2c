"""How addresses are written."""

from __future__ import annotations

import _socket

MAPPED = bytes(10) + b"\xff\xff"  # before the bytes of an IPv4 address that IPv6 maps


def address_text(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """`127.0.0.1:8004`, and IPv6 in brackets: `[::1]:8004`."""
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_of(address: str, named: str) -> bool:
    """Whether an address is one that is named, or of the host that is named alone, however either
    is spelled: `::ffff:127.0.0.1` is `127.0.0.1`, and brackets do not count."""
    (host, port), (other, wanted) = _parts(address), _parts(named)
    return host == other and wanted in ("", port)


def _parts(text: str) -> tuple[str, str]:
    """Host and port; a port of "" where there is none."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return _plain(host), rest[1:]
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return _plain(host), port
    return _plain(text), ""


def _plain(host: str) -> str:
    """A host in its one spelling; a name, or an address of a zone (fe80::1%eth0), is as it is."""
    try:
        packed = _socket.inet_pton(_socket.AF_INET6, host)
    except (OSError, ValueError):
        return host
    if packed.startswith(MAPPED):
        return _socket.inet_ntop(_socket.AF_INET, packed[len(MAPPED) :])
    return _socket.inet_ntop(_socket.AF_INET6, packed)
