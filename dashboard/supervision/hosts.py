"""The addresses that a server can be put on, and which of them others can reach."""

import contextlib
import socket
import threading
import time
from typing import Any

import psutil

from labservers.net.addresses import Reach, reach, resolve

LOOK_UP_S = 0.2
RETRY_S = 30.0
NAMES = 64
_look_ups: dict[str, "LookUp"] = {}


def with_choices(views: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Programs' views, each with the hosts that it can be put on: the usual ones and its own.

    `warning` marks those that others can reach. All is looked up once for all programs.
    """
    usual = _usual_hosts()
    own = [view["settings"].get("host", usual[0]) for view in views]
    choices = {
        host: {"host": host, "label": host, "warning": is_open(host)} for host in {*usual, *own}
    }
    return [
        {**view, "host_choices": [choices[name] for name in dict.fromkeys([*usual, host])]}
        for view, host in zip(views, own, strict=True)
    ]


def _usual_hosts() -> list[str]:
    return ["127.0.0.1", socket.gethostname(), *_own_addresses(), "0.0.0.0"]


def _own_addresses() -> list[str]:
    """The IPv4 addresses of this machine beyond loopback; none where it has no descriptor left."""
    try:
        every = [address for found in psutil.net_if_addrs().values() for address in found]
    except OSError:
        return []
    ours = [address.address for address in every if address.family == socket.AF_INET]
    return [address for address in ours if reach(address) is Reach.OTHER]


def others_reach(host: str) -> list[str]:
    """The hosts by which other machines reach a server on this one; none on loopback."""
    if not is_open(host):
        return []
    return _own_addresses() if reach(host) is Reach.EVERY else [host]


def is_open(host: str) -> bool:
    """Whether others can reach a server on this host; so it counts while a name is looked up."""
    found = reach(host)
    if found is None:
        look_up = _look_up(host)
        look_up.join(LOOK_UP_S)
        found = reach(look_up.address)
    return found is not Reach.LOOPBACK


def _look_up(name: str) -> "LookUp":
    """The look-up of a name that is under way or has succeeded; else a new one, at most one
    every RETRY_S seconds."""
    found = _look_ups.get(name)
    if found is None or found.has_failed(time.monotonic() - RETRY_S):
        if len(_look_ups) >= NAMES:
            _look_ups.clear()
        found = _look_ups[name] = LookUp(name)
    return found


def forget_names() -> None:
    """Look every name up anew when it is asked about."""
    _look_ups.clear()


class LookUp(threading.Thread):
    """The address of a name: without a network that can take many seconds."""

    def __init__(self, name: str) -> None:
        super().__init__(name="look-up", daemon=True)
        self._host = name
        self._began = time.monotonic()
        self.address = ""
        self.start()

    def has_failed(self, before: float) -> bool:
        """Whether it has begun before that time and found nothing."""
        return not self.is_alive() and not self.address and self._began < before

    def run(self) -> None:
        with contextlib.suppress(OSError):
            self.address = resolve(self._host, 0, socket.SOCK_STREAM)[1][0]
