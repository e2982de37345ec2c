"""A program is checked in a copy of its folder, where that shows the same program."""

from pathlib import Path

import pytest

from labservers.checks.scratch import MOST_FILES, Scratch, scratch_copy
from labservers.checks.subject import Subject
from tests.labservers.checks.test_subject import ask
from tests.ports import free_port

KEEPS = """
import socket
server = socket.create_server(("127.0.0.1", {port}))
while True:
    client, _ = server.accept()
    grade = client.recv(1024).decode()
    with open("grades.txt", "a") as grades:
        grades.write(grade)
    with open("grades.txt") as grades:
        client.sendall(grades.read().encode())
    client.close()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "lab"
    (folder / "data").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "data/page.html").write_text("<h1>x</h1>")
    (folder / "server.py").write_text("import socket\n")
    return folder / "server.py"


def test_a_copy_has_all_but_what_belongs_to_tools(program: Path, tmp_path: Path) -> None:
    copy = scratch_copy(program, tmp_path / "scratch")
    assert copy == tmp_path / "scratch/lab/server.py"
    assert (copy.parent / "data/page.html").read_text() == "<h1>x</h1>"
    assert not (copy.parent / ".git").exists()


@pytest.mark.parametrize(
    "line", ['open("../page.html")', 'os.path.join("..", "x")', "Path(__file__).parent.parent"]
)
def test_one_that_looks_above_its_folder_stays_there(
    program: Path, tmp_path: Path, line: str
) -> None:
    program.write_text(line + "\n")
    assert scratch_copy(program, tmp_path / "scratch") == program


def test_a_large_folder_and_one_with_links_stay(program: Path, tmp_path: Path) -> None:
    link = program.parent / "link"
    link.symlink_to(tmp_path)
    assert scratch_copy(program, tmp_path / "scratch") == program
    link.unlink()
    for number in range(MOST_FILES):
        (program.parent / f"{number}.txt").touch()
    assert scratch_copy(program, tmp_path / "scratch") == program


def test_a_copy_is_made_as_it_was(program: Path, tmp_path: Path) -> None:
    scratch = Scratch(program, tmp_path / "scratch")
    copy = scratch.file.parent
    page, new = copy / "data/page.html", copy / "data/new.txt"
    page.write_text("<h1>another</h1>")
    new.touch()
    scratch.file.unlink()
    scratch.restore()
    assert page.read_text() == "<h1>x</h1>"
    assert scratch.file.exists()
    assert not new.exists()


def test_a_program_without_a_copy_keeps_its_files(program: Path, tmp_path: Path) -> None:
    program.write_text('open("../page.html")\n')
    scratch = Scratch(program, tmp_path / "scratch")
    (program.parent / "written.txt").touch()
    scratch.restore()
    assert (program.parent / "written.txt").exists()


def test_what_a_checked_program_writes_is_neither_its_users_nor_its_next_runs(
    program: Path,
) -> None:
    program.write_text(KEEPS.format(port=free_port()))
    grades = program.parent / "grades.txt"
    grades.write_text("Ann 5;")
    subject = Subject(program)
    try:
        assert subject.start() is None
        assert ask(subject, b"Bob 2;") == b"Ann 5;Bob 2;"
        assert subject.restart() is None
        assert ask(subject, b"Cid 3;") == b"Ann 5;Cid 3;"
    finally:
        subject.close()
    assert grades.read_text() == "Ann 5;"
    assert not subject.file.exists()
