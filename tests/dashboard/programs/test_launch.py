"""Command lines: places are filled, and what a user typed stays words of its own."""

from pathlib import Path

import pytest

from dashboard.programs.catalogue import OBSERVE, own_program
from dashboard.programs.files import OwnFile
from dashboard.programs.launch import CHANNEL, Launch, command


def words_of(arguments: str, file: str = "/home/me/server.py") -> tuple[str, ...]:
    launch = own_program(OwnFile(Path(file))).launch
    values = {"arguments": arguments, "python": "/usr/bin/python3", "file": file}
    return command(launch, values).words


def test_a_program_of_the_user_is_observed_by_its_python() -> None:
    assert words_of("") == (
        *("/usr/bin/python3", str(OBSERVE), "--channel", CHANNEL, "--quiet", "/home/me/server.py"),
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("9090 127.0.0.1", ["9090", "127.0.0.1"]),
        ("--name 'two words' \"\"", ["--name", "two words", ""]),
        ("{channel} {port} {file} {arguments}", ["{channel}", "{port}", "{file}", "{arguments}"]),
        ("; rm -rf / && $(id) `id` | cat > x", None),
        ("-c 'import os'", ["-c", "import os"]),
    ],
)
def test_typed_arguments_are_words_and_nothing_else(typed: str, words: list[str] | None) -> None:
    assert list(words_of(typed)[6:]) == (typed.split() if words is None else words)


def test_a_place_in_a_files_name_is_not_filled() -> None:
    assert words_of("", "/home/{python}/{arguments}.py")[5] == "/home/{python}/{arguments}.py"


def test_a_quote_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(ValueError, match="quotation"):
        words_of("'open")


def test_a_place_without_a_value_stays() -> None:
    launch = Launch(module="any", arguments=("--port", "{port}", "{other}"))
    assert command(launch, {"port": "1"}).words[1:] == ("-m", "any", "--port", "1", "{other}")
