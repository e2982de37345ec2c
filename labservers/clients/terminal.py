"""Shared by the console clients: the language of the terminal, questions, one-line complaints."""

import os
import sys

from labservers.clients.exchange import Exchange
from labservers.observe.addresses import address_text
from labservers.observe.text import printable as safe

BLANKS = " \t\r"  # around typed text; every other character is meant


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
    """Foreign text, line by line, without the characters that steer a terminal."""
    return safe(foreign, kept="\t\n")


def one_line(foreign: str) -> str:
    """Foreign text as a part of a line."""
    return safe(foreign)


def ask(english: str, in_russian: str) -> str:
    """One answer from the terminal, without the blanks around it.

    Raises:
        EOFError: there will be no answer.
    """
    return input(text(english, in_russian)).strip(BLANKS)


def complain(english: str, in_russian: str) -> int:
    """Say the error in one sentence; returns the exit code 1."""
    print(text(english, in_russian), file=sys.stderr)
    return 1


def no_server(host: str, port: int) -> int:
    """Say that no server listens there; returns the exit code 1."""
    where = address_text((host, port))
    return complain(
        f"no server answers at {where}; start it or give its address: --host, --port",
        f"на {where} никто не отвечает; запустите сервер или укажите адрес: --host, --port",
    )


def no_answer(result: Exchange, host: str, port: int) -> int:
    """Say why an exchange has brought no whole answer; returns the exit code 1."""
    where = address_text((host, port))
    if result.ended == "refused":
        return no_server(host, port)
    if result.ended == "limit":
        size = f"{len(result.received):,}"
        return complain(
            f"the answer from {where} is longer than {size} bytes; is another server there?",
            f"ответ от {where} длиннее {size} байт; там другой сервер?",
        )
    if result.ended == "timeout":
        waited = f"{result.microseconds / 1e6:.0f}"
        return complain(
            f"no whole answer from {where} within {waited} s; look at the server's log",
            f"от {where} нет полного ответа за {waited} с; посмотрите журнал сервера",
        )
    return complain(
        f"{where} ended the connection without an answer; look at the server's log",
        f"{where} закрыл соединение без ответа; посмотрите журнал сервера",
    )


def another_server(host: str, port: int, expected: str, in_russian: str) -> int:
    """Say that the answer is not one of the server that was meant; returns the exit code 1."""
    where = address_text((host, port))
    return complain(
        f"the answer from {where} is not {expected}; is another server there? "
        "Give an address: --host, --port",
        f"ответ от {where} не {in_russian}; там другой сервер? Укажите адрес: --host, --port",
    )
