"""How addresses are written, and which of them never leave this machine."""

from __future__ import annotations


def is_loopback(host: str) -> bool:
    """Whether a numeric address never leaves this machine (RFC 1122 section 3.2.1.3, RFC 4291
    section 2.5.3)."""
    return host.startswith("127.") or host == "::1"


def address_text(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """`127.0.0.1:8004`, and IPv6 in brackets: `[::1]:8004`."""
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
