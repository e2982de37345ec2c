"""The output of `flask run`: the address, as the last line; requests only when they fail.

The address is passed on as well: it is known nowhere else before the first request. What comes
back is printed: behind a proxy it is another one.
"""

import logging
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from labservers.net.addresses import connect_host
from labservers.observe.addresses import address_text

RUNNING_ON = re.compile(r"Running on ((?:http|unix:)[^\s\x1b]+)")  # a colour's end may follow
LAST_WORDS = "Press CTRL+C to quit"


class StartupFilter(logging.Filter):
    """Drops Werkzeug's chatter and turns its last line of it into ours."""

    def __init__(self, pass_on: Callable[[str], str]) -> None:
        super().__init__()
        self._pass_on = pass_on
        self._address = ""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            return True
        text = record.getMessage()
        if found := RUNNING_ON.search(text):
            self._address = self._address or reachable(found[1])
        if LAST_WORDS not in text:
            return False
        shown = self._pass_on(self._address)
        record.msg, record.args = f"Press CTRL+C to quit. Socket Lab is on {shown}", ()
        return True


def reachable(address: str) -> str:
    """The address to open where Werkzeug knows every address of the machine by one spelling of it
    only, 0.0.0.0, and not by `0`."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return address
    there = connect_host(host)
    if not host or not port or there == host:
        return address
    return f"{parts.scheme}://{address_text((there, port))}"


def init_app(pass_on: Callable[[str], str]) -> None:
    """Werkzeug's logger is shared by all applications of the process; the newest one is served."""
    logger = logging.getLogger("werkzeug")
    for known in [found for found in logger.filters if isinstance(found, StartupFilter)]:
        logger.removeFilter(known)
    logger.addFilter(StartupFilter(pass_on))
