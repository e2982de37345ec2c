"""The address at which the dashboard listens, and the parts of the one by which browsers reach it
behind a proxy: checked.

Nothing of it is looked up and nothing is sent: text in, text or networks out.
"""

import ipaddress
import re
from collections.abc import Sequence

from dashboard.numbers import shown

# Segments of unreserved characters and escapes (RFC 3986, 3.3), and @ as in the names of accounts.
PATH = re.compile(r"(?:/(?!\.\.?(?:/|$))(?:[A-Za-z0-9._~@+-]|%[0-9A-Fa-f]{2})+)*")
# No halves of surrogate pairs but those of os.fsdecode(): they can be neither shown nor a path.
LINE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udc7f\udd00-\udfff]*")
# Names of 253 characters at most (RFC 1035 section 2.3.4, without the trailing dot), and numbers;
# IPv6 ones may name an interface (RFC 4007 section 11).
HOST = re.compile(r"[A-Za-z0-9.:_][A-Za-z0-9.:_%-]{0,252}")
ESCAPED_SLASH = re.compile(r"%(2[ef]|5c|[01][0-9a-f]|7f)", re.I)  # also a dot, and controls
ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
USUAL_PORTS = {"http": ":80", "https": ":443"}
HIGHEST_PORT = 65_535
ANY = "*"
UNIX = "unix"
LONGEST = 500

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def host(text: str) -> str:
    """Where to listen: a name, an address, or the path of a Unix socket behind `unix://`.

    Raises:
        ValueError: it is another thing, with what is wanted.
    """
    path = text.startswith(f"{UNIX}://") and LINE.fullmatch(text)
    if not path and not HOST.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a name or address such as 127.0.0.1")
    return text


def prefix(text: str) -> str:
    """A path before all of ours, such as `/user/anna/proxy/5000`; empty: none.

    Raises:
        ValueError: it is another thing, with what is wanted.
    """
    if len(text) > LONGEST or not PATH.fullmatch(text) or ESCAPED_SLASH.search(text):
        raise ValueError(f"{shown(text)} is not a path such as /user/anna/proxy/5000")
    return text


def origin(text: str) -> str:
    """Scheme, host and port of the pages (RFC 6454, 6.2), `*` for any, or empty; as browsers say
    it.

    Raises:
        ValueError: it is another thing, with what is wanted.
    """
    if text in ("", ANY):
        return text
    if (found := ORIGIN.fullmatch(text)) and int(found[1] or 0) <= HIGHEST_PORT:
        return without_usual_port(text)
    raise ValueError(f"{shown(text)} is not an origin such as https://lab.example.edu")


def without_usual_port(origin: str) -> str:
    """Browsers leave a scheme's own port out (RFC 6454, 6.2)."""
    scheme = origin.partition(":")[0]
    return origin.removesuffix(USUAL_PORTS.get(scheme, ""))


def proxies(text: str) -> str:
    """Addresses and networks with commas between them; `unix`: whatever asks at a Unix socket.

    Raises:
        ValueError: one is neither.
    """
    networks(text)
    return text


def networks(text: str) -> list[Network]:
    """The networks of `proxies`.

    Raises:
        ValueError: one is neither an address nor a network.
    """
    found: list[Network] = []
    for word in filter(None, (part.strip(" \t") for part in text.split(","))):
        if word != UNIX:
            try:
                found.append(ipaddress.ip_network(word, strict=False))
            except ValueError:
                message = f"{shown(word)} is neither an address nor {UNIX!r}"
                raise ValueError(message) from None
    return found


def among(peer: str, known: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks; one that is none is in none."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in known)
