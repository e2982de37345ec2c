"""`python -m dashboard [--host H] [--port P] ...`: look at the port, then `flask run`."""

import os
import socket
import sys
import time

from dashboard.config import load
from dashboard.errors import LabError
from dashboard.port_owner import owner

EXIT_FAILED = 1


def main(words: list[str]) -> int:
    """Run Flask's own command in our place, unless the port is taken.

    Returns the exit code when it is; otherwise this process becomes `flask run`.
    """
    try:
        config = load()
    except LabError as error:
        print(f"Socket Lab: {error.message}; {error.next_step}", file=sys.stderr)
        return EXIT_FAILED
    host = _option(words, "--host", "-h", config.host)
    port = _option(words, "--port", "-p", str(config.port))
    if port.isdigit() and _busy(host, int(port)):
        print(busy_sentence(int(port)), file=sys.stderr)
        return EXIT_FAILED
    command = [sys.executable, "-m", "flask", "--app", "dashboard", "run"]
    given = [*words, *_missing(words, "--host", "-h", host), *_missing(words, "--port", "-p", port)]
    os.execv(sys.executable, [*command, *given])
    raise AssertionError("execv does not return")


def busy_sentence(port: int) -> str:
    """Who holds the port, and the command for another one."""
    found = owner(port, "tcp")
    who = "by another program"
    if found and found["pid"]:
        since = time.strftime("%H:%M", time.localtime(found["since"])) if found["since"] else "?"
        who = f"by `{found['command']}`, pid {found['pid']}, since {since}"
    other = port + 50 if port + 50 <= 65535 else 5050
    return f'Port {port} is already taken {who}. Another port: make run ARGS="--port {other}"'


def _busy(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno is not None and "in use" in os.strerror(error.errno)
    return False


def _option(words: list[str], long: str, short: str, default: str) -> str:
    for index, word in enumerate(words):
        if word in (long, short) and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(long + "="):
            return word.partition("=")[2]
    return default


def _missing(words: list[str], long: str, short: str, value: str) -> list[str]:
    named = any(word in (long, short) or word.startswith(long + "=") for word in words)
    return [] if named else [long, value]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
