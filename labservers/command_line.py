"""The common part of the command lines of the servers and of the clients."""

from __future__ import annotations

import argparse
import os
import stat
from typing import NoReturn

EXIT_USAGE = 2


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is one sentence with the next step."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def port_number(text: str) -> int:
    return _number(text, 0, 65_535)


def backlog(text: str) -> int:
    return _number(text, 1, 65_535)


def inherited_socket(text: str) -> int:
    """The descriptor of a socket that this process was started with."""
    descriptor = _number(text, 0, 65_535)
    try:
        is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        is_socket = False
    if not is_socket:
        raise argparse.ArgumentTypeError(f"descriptor {text} is not a socket")
    return descriptor


def _number(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
    return int(text)
