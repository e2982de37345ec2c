"""The common part of the command lines of the servers, of the clients and of the checker."""

from __future__ import annotations

import argparse
import io
import os
import stat
import sys
from typing import NoReturn

EXIT_USAGE = 2


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is one sentence with the next step."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def accept_any_text() -> None:
    """A letter that the terminal lacks becomes another sign, not a traceback; so do stray bytes."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def port_number(text: str) -> int:
    return whole_number(text, 0, 65_535)


def backlog(text: str) -> int:
    return whole_number(text, 1, 65_535)


def inherited_socket(text: str) -> int:
    """The descriptor of a socket that this process was started with."""
    descriptor = whole_number(text, 0, 65_535)
    try:
        is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        is_socket = False
    if not is_socket:
        raise argparse.ArgumentTypeError(f"descriptor {text} is not a socket")
    return descriptor


def whole_number(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
    return int(text)
