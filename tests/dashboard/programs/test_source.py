"""The source of a program: its own files, and a sentence where there is none."""

from pathlib import Path

import pytest

from dashboard.errors import UnknownServer
from dashboard.programs import source
from dashboard.programs.catalogue import own_program
from dashboard.programs.files import OwnFile
from dashboard.programs.launch import Launch
from dashboard.programs.program import Program


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    program = own_program(OwnFile(tmp_path / "server.py"))
    with pytest.raises(UnknownServer) as refused:
        source.read(program, None)
    assert refused.value.message == "server.py cannot be read: No such file or directory"


def test_a_program_without_a_module_has_no_source() -> None:
    program = Program(name="any", title="any", number=1, launch=Launch(module="any"))
    with pytest.raises(UnknownServer) as refused:
        source.read(program, "server.py")
    assert refused.value.message == "any has no file 'server.py'"
    assert refused.value.next_step == "use another program"


def test_lines_are_counted_as_python_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "server.py"
    text = "a = 1\f\r\nb = '\u2028\x1c\x85'\rc = 1\n\nd = 1 / 0"
    for end in ("", "\n"):
        path.write_bytes((text + end).encode())
        lines = source.read(own_program(OwnFile(path)), None)["lines"]
        assert lines == ["a = 1\f", "b = '\u2028\x1c\x85'", "c = 1", "", "d = 1 / 0"]
        with pytest.raises(ZeroDivisionError) as failed:
            exec(compile(path.read_bytes(), "server.py", "exec"), {})
        assert failed.traceback[-1].lineno + 1 == len(lines)
    path.write_bytes(b"")
    assert source.read(own_program(OwnFile(path)), None)["lines"] == []
