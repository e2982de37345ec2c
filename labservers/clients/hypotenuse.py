"""Asks for the legs of a right triangle, as `3,4`, and prints the hypotenuse."""

import argparse
import json
import math
import re

from labservers.clients import exchange, terminal

# The server waits 10 s for a request; its own word about that is worth waiting for.
PATIENCE_S = 12.0
REFUSAL_CHARACTERS = 300
# Zero or more, in ASCII, as on the page: float() takes `１_0` and `nan` as well.
NUMBER = re.compile(r"([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when there is no server or it refuses the legs."""
    a, b = ask_legs()
    request = json.dumps({"a": a, "b": b}).encode()
    result = exchange.tcp(options.host, options.port, request, PATIENCE_S)
    if result.ended != "reply":
        return terminal.no_answer(result, options.host, options.port)
    answer = result.received.decode("utf-8", "replace").removesuffix("\n")
    if answer.startswith("error:"):
        refusal = terminal.one_line(answer)[:REFUSAL_CHARACTERS]
        return terminal.complain(refusal, refusal)
    if not NUMBER.fullmatch(answer):
        return terminal.another_server(options.host, options.port, "a number", "число")
    print(terminal.text(f"Hypotenuse = {answer}", f"Гипотенуза = {answer}"))
    return 0


def ask_legs() -> tuple[float, float]:
    """Two numbers, asked for until they come.

    Raises:
        EOFError: they never will.
    """
    while True:
        line = terminal.ask("Legs of a right triangle ", "Катеты прямоугольного треугольника ")
        legs = parse_legs(line)
        if legs is not None:
            return legs
        print(
            terminal.text(
                "Two numbers, zero or more, with a comma between them: 3,4",
                "Нужны два числа, не меньше нуля, через запятую: 3,4",
            )
        )


def parse_legs(line: str) -> tuple[float, float] | None:
    """The numbers in `3,4`, or None when the line is something else."""
    parts = [part.strip(terminal.BLANKS) for part in line.split(",")]
    if len(parts) != 2 or not all(NUMBER.fullmatch(part) for part in parts):
        return None
    a, b = map(float, parts)
    return (a, b) if math.isfinite(a) and math.isfinite(b) else None


def check(host: str, port: int, timeout_s: float) -> None:
    """Raises exchange.CheckFailed unless 3, 4 gives 5.0."""
    result = exchange.tcp(host, port, b'{"a": 3, "b": 4}', timeout_s)
    if result.received != b"5.0":
        raise exchange.CheckFailed(f"3, 4 gave {result.received[:80]!r}, not 5.0 ({result.ended})")
