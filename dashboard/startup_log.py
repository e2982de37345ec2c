"""The output of `flask run`: the address, as the last line; requests only when they fail.

The address is passed on as well: it is known nowhere else before the first request. What comes
back is printed: behind a proxy it is another one.
"""

import logging
import re
from collections.abc import Callable

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
            self._address = self._address or found[1]
        if LAST_WORDS not in text:
            return False
        shown = self._pass_on(self._address)
        record.msg, record.args = f"Press CTRL+C to quit. Socket Lab is on {shown}", ()
        return True


def init_app(pass_on: Callable[[str], str]) -> None:
    """Werkzeug's logger is shared by all applications of the process; the newest one is served."""
    logger = logging.getLogger("werkzeug")
    for known in [found for found in logger.filters if isinstance(found, StartupFilter)]:
        logger.removeFilter(known)
    logger.addFilter(StartupFilter(pass_on))
