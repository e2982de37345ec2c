"""Does a server answer as its protocol says? One real exchange each, by server name."""

import importlib
from collections.abc import Callable

from labservers.registry import SERVERS

Check = Callable[[str, int, float], None]


def _check_of(name: str) -> Check:
    def check(host: str, port: int, timeout_s: float) -> None:
        importlib.import_module(f"labservers.clients.{name}").check(host, port, timeout_s)

    return check


# name -> check(host, port, timeout_s), which raises exchange.CheckFailed
CHECKS: dict[str, Check] = {name: _check_of(name) for name in SERVERS}
