"""Which experiments there are, for which sockets, and how many clients each may have."""

from collections.abc import Iterable

STREAM = {
    "clients": 1_000,
    "half": 200,
    "slow": 50,
    "slow_reader": 200,
    "silent": 5_000,
    "reset": 500,
    "not_utf8": 50,
    "storm": 5_000,
}
DATAGRAM = {"clients": 1_000, "burst": 10_000, "storm": 5_000, "not_utf8": 50}
ANY = {"freeze": 1}
OF_SOCKETS = {"stream": STREAM, "datagram": DATAGRAM}
NAMES = tuple({**STREAM, **DATAGRAM, **ANY})


def fitting(sockets: Iterable[str]) -> dict[str, int]:
    """Kind -> its most clients, for a program with these kinds of sockets."""
    found: dict[str, int] = {}
    for kind in sockets:
        found |= OF_SOCKETS.get(kind, {})
    return {**found, **ANY}
