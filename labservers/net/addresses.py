"""Names to addresses, and whose they are."""

import socket


def resolve(host: str, port: int, kind: socket.SocketKind) -> tuple[int, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)
    except UnicodeError:  # a name that no name server could hold
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)  # IPv4 first, as in the lab
    return found[0][0], found[0][4]  # type: ignore[return-value]


def is_local(address: tuple[str, int], family: int) -> bool:
    """Whether an address is one of this machine's: only those can be bound (bind(2))."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address[0], 0, *address[2:]))
        except OSError:
            return False
    return True
