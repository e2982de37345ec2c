"""How addresses are written."""

from __future__ import annotations


def address_text(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """`127.0.0.1:8004`, and IPv6 in brackets: `[::1]:8004`."""
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_of(text: str) -> str:
    """The host of what address_text() has written, without brackets."""
    return text.rpartition(":")[0].strip("[]")
