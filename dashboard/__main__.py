"""`python -m dashboard [--host H] [--port P] [--programs FOLDER[:FOLDER]] ...`: try the address,
then `flask run`."""

import errno
import os
import socket
import sys
import time

from dashboard import public, unix_http
from dashboard.config import PREFIX, load
from dashboard.errors import LabError
from dashboard.numbers import from_text, shown, whole
from dashboard.supervision.port_owner import owner
from labservers.clients import terminal
from labservers.net.listening import listen_tcp
from labservers.observe.addresses import address_text

EXIT_FAILED = 1
PROGRAMS = 'Name one with Python programs: make run ARGS="--programs FOLDER"'


def main(words: list[str]) -> int:
    """Run Flask's own command in our place, unless its address cannot be had.

    Returns the exit code in that case; otherwise this process becomes `flask run`.
    """
    try:
        config = load()
    except LabError as error:
        return _failed(f"Socket Lab: {error.message}; {error.next_step}")
    words, folders = without_programs(words)
    if missing := _missing(folders):
        return _failed(f"There is no folder {shown(missing)}. {PROGRAMS}")
    if folders:
        os.environ[PREFIX + "PROGRAMS"] = folders
    host = _option(words, "--host", "-h", config.host)
    port = _option(words, "--port", "-p", str(config.port))
    at_path = host.startswith(unix_http.SCHEME)
    why = unix_http.refusal(host.removeprefix(unix_http.SCHEME)) if at_path else refusal(host, port)
    if why:
        return _failed(why)
    command = [sys.executable, "-m", "flask", "--app", "dashboard", "run"]
    os.execv(sys.executable, [*command, "--host", host, "--port", port, *words])
    raise AssertionError("execv does not return")


def _failed(why: str) -> int:
    """Say it in one line: it may quote the command line of a stranger's process."""
    print(terminal.one_line(why), file=sys.stderr)
    return EXIT_FAILED


def without_programs(words: list[str]) -> tuple[list[str], str]:
    """The words that are for Flask, and the folders of programs; the last ones win."""
    left, folders = [], ""
    rest = iter(words)
    for word in rest:
        if word == "--programs":
            folders = next(rest, "")
        elif word.startswith("--programs="):
            folders = word.removeprefix("--programs=")
        else:
            left.append(word)
    return left, folders


def _missing(folders: str) -> str:
    """The first that is not there. A shell has replaced the first `~` of them at most."""
    named = filter(None, folders.split(os.pathsep))
    return next((one for one in named if not os.path.isdir(os.path.expanduser(one))), "")


def refusal(host: str, port: str) -> str:
    """Why this address cannot be had, with the next step; empty when it can."""
    try:
        where = (host, whole(from_text(port), 0, 65_535))
    except ValueError:
        return f"{shown(port)} is not a port. Take a number up to 65535: {_command(port=5050)}"
    try:
        listen_tcp(public.host(host), where[1]).close()
    except ValueError:
        return f"{shown(host)} is not a host name. Leave it out: {_command(port=port)}"
    except OSError as error:
        return _refused(where, error)
    return ""


def _refused(where: tuple[str, int], error: OSError) -> str:
    host, port = where
    if error.errno == errno.EADDRINUSE:
        return busy_sentence(host, port)
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"No right to take port {port}. Another port: {_command(port=5050)}"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{host} is not an address of this machine. Leave it out: {_command(port=port)}"
    return f"{address_text(where)} cannot be had: {error.strerror or error}"


def busy_sentence(host: str, port: int) -> str:
    """The port's holder, and the command for another one."""
    found = owner(host, port, "tcp")
    holder = "by another program"
    if found and found["pid"]:
        since = time.strftime("%H:%M", time.localtime(found["since"])) if found["since"] else "?"
        holder = f"by `{found['command']}`, pid {found['pid']}, since {since}"
    other = port + 50 if port + 50 <= 65_535 else 5050
    return f"Port {port} is already taken {holder}. Another port: {_command(port=other)}"


def _command(**options: object) -> str:
    words = " ".join(f"--{name} {value}" for name, value in options.items())
    return f'make run ARGS="{words}"'


def _option(words: list[str], long: str, short: str, default: str) -> str:
    """The value that click will see; the last one wins."""
    value = default
    for index, word in enumerate(words):
        if word in (long, short):
            value = words[index + 1] if index + 1 < len(words) else value
        elif word.startswith(long + "="):
            value = word.removeprefix(long + "=")
        elif word.startswith(short) and len(word) > len(short):
            value = word.removeprefix(short)
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
