"""What the console clients share: the language of the terminal, questions, one-line complaints."""

import os
import sys

from labservers.observe.addresses import address_text


def russian() -> bool:
    """Whether the terminal speaks Russian, by the variables of locale(7) in their order."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.lower().startswith("ru")
    return False


def text(english: str, in_russian: str) -> str:
    """The sentence in the terminal's language."""
    return in_russian if russian() else english


def printable(foreign: str) -> str:
    """Text of others without what would steer the terminal."""
    if foreign.isprintable():
        return foreign
    return "".join(c if c.isprintable() or c in "\t\n" else "·" for c in foreign)


def ask(english: str, in_russian: str) -> str:
    """One answer from the terminal, without the blanks around it.

    Raises:
        EOFError: there will be no answer.
    """
    return input(text(english, in_russian)).strip()


def complain(english: str, in_russian: str) -> int:
    """Say in one sentence what went wrong; returns the exit code 1."""
    print(text(english, in_russian), file=sys.stderr)
    return 1


def no_server(host: str, port: int) -> int:
    """Say that nobody answers there; returns the exit code 1."""
    where = address_text((host, port))
    return complain(
        f"no server answers at {where}; start it or give its address: --host, --port",
        f"на {where} никто не отвечает; запустите сервер или укажите адрес: --host, --port",
    )
