"""Which files are a program's own, and which line of theirs is at work."""

import dis
import json
import os
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

import labservers.observe.lines
from labservers.observe.lines import STARTERS, OwnLines, Place, by_program, line_at

LIBRARY = json.__file__
OURS = labservers.observe.lines.__file__
HERE = sys._getframe().f_code.co_filename


@pytest.fixture
def own(tmp_path: Path) -> OwnLines:
    return OwnLines(str(tmp_path / "lab" / "server.py"), str(tmp_path / "further"))


def function_of(path: str, body: str) -> Any:
    """do(*arguments) of a file of that name, in its line 2."""
    names: dict[str, Any] = {}
    exec(compile(f"def do(*given):\n    {body}\n", path, "exec"), names)
    return names["do"]


def test_own_are_the_files_of_its_folder_and_of_further_ones(own: OwnLines, tmp_path: Path) -> None:
    names = {
        "lab/server.py": "server.py",
        "lab/parts/one.py": os.path.join("parts", "one.py"),
        "lab/../lab/two.py": "two.py",
        "further/three.py": "three.py",
        "lab/site-packages/four.py": None,
        "labor/five.py": None,
        "six.py": None,
    }
    for _ in range(2):  # judged, and remembered
        assert {path: own.name(str(tmp_path / path)) for path in names} == names
    known = {str(tmp_path / path) for path, name in names.items() if name is not None}
    assert own.files == known


def test_a_file_of_two_own_folders_is_named_from_the_programs(tmp_path: Path) -> None:
    own = OwnLines(str(tmp_path / "server.py"), str(tmp_path / "parts"))
    assert own.name(str(tmp_path / "parts" / "one.py")) == os.path.join("parts", "one.py")


@pytest.mark.parametrize("path", [LIBRARY, OURS])
def test_a_folder_of_the_library_or_of_ours_is_not_a_programs(path: str) -> None:
    own = OwnLines(os.path.join(os.path.dirname(path), "server.py"))
    assert own.name(path) is None
    assert own.name("<string>") is None
    assert own.files == set()


def test_a_program_in_an_unusual_place_is_own_all_the_same(tmp_path: Path) -> None:
    program = str(tmp_path / "site-packages" / "server.py")
    assert OwnLines(program).name(program) == "server.py"


def test_what_is_not_a_file_and_what_starts_a_program_is_not_own(
    own: OwnLines, tmp_path: Path
) -> None:
    starter = str(tmp_path / "lab" / "starts.py")
    STARTERS.add(starter)
    try:
        assert own.name(starter) is None
    finally:
        STARTERS.discard(starter)
    in_folder = OwnLines(os.path.abspath("server.py"))
    assert in_folder.name("<stdin>") is None


def test_the_innermost_own_line_of_a_stack(own: OwnLines, tmp_path: Path) -> None:
    outer = function_of(str(tmp_path / "lab" / "server.py"), "return given[0](*given[1:])")
    library = function_of(LIBRARY, "return given[0]()")
    found = outer(library, lambda: own.place(sys._getframe()))
    assert found == Place("server.py", 2, "do")
    assert found.text == "server.py:2"
    assert library(lambda: own.place(sys._getframe())) is None
    assert own.frame(None) is own.place(None) is None


def test_the_place_of_an_instruction(own: OwnLines, tmp_path: Path) -> None:
    code = function_of(str(tmp_path / "lab" / "server.py"), "return 1").__code__
    last = max(one.offset for one in dis.get_instructions(code))
    assert own.place_at(code, last) == Place("server.py", 2, "do")
    foreign = function_of("elsewhere.py", "return 1").__code__
    assert OwnLines(str(tmp_path / "x.py")).place_at(foreign, last).file == "elsewhere.py"


def codes() -> list[CodeType]:
    source = Path(HERE).read_text("utf-8")
    whole = compile(source, HERE, "exec")
    return [whole, *(one for one in whole.co_consts if isinstance(one, CodeType))]


@pytest.mark.parametrize("code", codes(), ids=lambda code: code.co_name)
def test_the_line_of_each_instruction_is_that_of_its_start(code: CodeType) -> None:
    starts = dict(dis.findlinestarts(code))
    line = code.co_firstlineno
    for one in dis.get_instructions(code):
        line = starts.get(one.offset) or line
        if starts.get(one.offset):
            assert line_at(code, one.offset) == line
    assert line_at(code, len(code.co_code) + 100) == code.co_firstlineno


def raised(function: Any, *arguments: Any) -> BaseException:
    with pytest.raises(ZeroDivisionError) as caught:
        function(*arguments)
    error = caught.value
    assert error.__traceback__ is not None
    return error.with_traceback(error.__traceback__.tb_next)  # without this file's frame


@pytest.mark.parametrize(
    ("path", "programs"),
    [
        ("/home/me/server.py", True),
        (os.path.join(os.path.dirname(LIBRARY), "site-packages", "package.py"), True),
        (LIBRARY, False),
        (OURS, False),
        ("<frozen runpy>", False),
    ],
)
def test_an_error_is_the_programs_where_code_of_its_is_in_the_traceback(
    path: str, programs: bool
) -> None:
    fails = function_of(path, "return 1 / 0")
    assert by_program(raised(fails)) is programs
    through = function_of(OURS, "return given[0]()")
    assert by_program(raised(through, fails)) is programs


def test_an_error_of_what_starts_a_program_is_not_its() -> None:
    fails = function_of("/opt/starts.py", "return 1 / 0")
    assert by_program(raised(fails))
    STARTERS.add("/opt/starts.py")
    try:
        assert not by_program(raised(fails))
    finally:
        STARTERS.discard("/opt/starts.py")
