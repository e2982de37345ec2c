"""Programs to check, written for one test."""

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labservers.checks.subject import Subject
from tests.ports import free_port

Make = Callable[..., Subject]


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    """program(text) -> its file; PORT in the text is a free one."""

    def write(text: str) -> Path:
        path = tmp_path / "server.py"
        path.write_text(textwrap.dedent(text).replace("PORT", str(free_port())), "utf-8")
        return path

    return write


@pytest.fixture
def subject(program: Callable[[str], Path]) -> Iterator[Make]:
    """subject(text, *arguments) -> it, not yet started; closed after the test."""
    made: list[Subject] = []

    def make(text: str, *arguments: str) -> Subject:
        made.append(Subject(program(text), arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()
