"""What `flask run` prints: the address, as the last line; requests only when they fail."""

import logging
import re

from flask import Flask

RUNNING_ON = re.compile(r"Running on (http\S+)")
LAST_WORDS = "Press CTRL+C to quit"


class StartupFilter(logging.Filter):
    """Drops Werkzeug's chatter and turns its last line of it into ours."""

    def __init__(self) -> None:
        super().__init__()
        self._address = ""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            return True
        text = record.getMessage()
        if found := RUNNING_ON.search(text):
            self._address = self._address or found[1].rstrip("\x1b[0m")
        if LAST_WORDS not in text:
            return False
        record.msg, record.args = f"Press CTRL+C to quit. Socket Lab is on {self._address}", ()
        return True


def init_app(app: Flask) -> None:
    """Werkzeug's logger is shared by all applications of the process: one filter serves them."""
    logger = logging.getLogger("werkzeug")
    if not any(isinstance(known, StartupFilter) for known in logger.filters):
        logger.addFilter(StartupFilter())
