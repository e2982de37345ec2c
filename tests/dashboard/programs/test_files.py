"""Python files of the user: which ones are found, and how they are named."""

import errno
import hashlib
import os
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import UnknownServer
from dashboard.programs import files
from dashboard.programs.files import OwnFile, python_files, stamp
from dashboard.programs.opened import Opened
from dashboard.programs.shelf import EVERY_S, Shelf


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(*folders: Path) -> list[str]:
    return [file.path.name for file in python_files(folders)]


def test_python_files_are_found_to_a_depth(tmp_path: Path) -> None:
    for name in ("b.py", "lab/a.py", "1/2/3/deep.py", "1/2/3/4/too_deep.py"):
        put(tmp_path / name)
    assert sorted(found(tmp_path)) == ["a.py", "b.py", "deep.py"]


@pytest.mark.parametrize(
    "name",
    [
        *("notes.txt", ".hidden.py", ".git/hook.py", "__pycache__/a.py", "package/__init__.py"),
        *("node_modules/a.py", "site-packages/b.py", "folder.py/notes.txt"),
        *("build/a.py", "dist/b.py"),
    ],
)
def test_what_is_no_program_is_left_out(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    assert found(tmp_path) == []


def test_a_virtual_environment_is_left_out_whatever_its_name(tmp_path: Path) -> None:
    put(tmp_path / "mine" / "pyvenv.cfg")
    put(tmp_path / "mine" / "bin" / "activate_this.py")
    assert found(tmp_path) == []


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "secret.py")
    folder = tmp_path / "programs"
    inside = put(folder / "server.py")
    (folder / "out.py").symlink_to(outside)
    (folder / "broken.py").symlink_to(tmp_path / "nowhere.py")
    (folder / "same.py").symlink_to(inside)
    (folder / "way_out").symlink_to(outside.parent)
    (folder / "ring.py").symlink_to(folder / "ring.py")
    os.mkfifo(folder / "pipe.py")
    assert found(folder) == ["server.py"]


def test_the_list_is_bounded_also_for_a_huge_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        put(tmp_path / f"{number}.py")
    monkeypatch.setattr(files, "FILES", 7)
    assert len(found(tmp_path)) == 7
    monkeypatch.setattr(files, "FILES", 500)
    monkeypatch.setattr(files, "ENTRIES", 5)
    assert len(found(tmp_path)) == 5


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere", put(tmp_path / "a.py")) == []


@given(st.text(min_size=1, max_size=60).filter(lambda name: "/" not in name and "\0" not in name))
def test_a_name_fits_into_an_address_and_into_a_topic(name: str) -> None:
    file = OwnFile(Path(os.fsdecode(f"/home/me/{name}.py".encode("utf-8", "replace"))))
    stem, _, digits = file.name.rpartition("-")
    assert 0 < len(stem) <= files.STEM
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert len(digits) == 6


def test_a_name_is_of_the_stem_and_six_digits() -> None:
    digits = hashlib.sha256(b"/me/My_Server! (2).py").hexdigest()[:6]
    assert OwnFile(Path("/me/My_Server! (2).py")).name == f"my_server-2-{digits}"
    long, _, _ = OwnFile(Path("/me") / ("x" * 41 + ".py")).name.rpartition("-")
    assert long == "x" * 40


def test_the_same_file_name_in_two_folders_is_two_names() -> None:
    one, other = OwnFile(Path("/a/server.py")), OwnFile(Path("/b/server.py"))
    assert one.name != other.name
    assert one.name == OwnFile(Path("/a/server.py")).name
    assert one.name.startswith("server-")


def test_a_name_in_another_encoding_is_shown_as_text() -> None:
    file = OwnFile(Path(os.fsdecode(b"/home/\xff/\xfe.py")))
    assert (file.folder, file.title) == ("/home/\ufffd", "\ufffd.py")
    assert file.name.startswith("program-")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_shelf_looks_again_after_some_seconds_or_when_a_name_is_new(tmp_path: Path) -> None:
    clock = Clock()
    folder = tmp_path / "programs"
    first = put(folder / "first.py")
    shelf = Shelf([folder], Opened(tmp_path), clock=clock)
    assert list(shelf.files()) == [OwnFile(first).name]
    second = put(folder / "second.py")
    assert len(shelf.files()) == 1
    assert shelf.find(OwnFile(second).name) == OwnFile(second)
    second.unlink()
    with pytest.raises(UnknownServer):
        shelf.find(OwnFile(second).name)
    clock.now += EVERY_S
    assert list(shelf.files()) == [OwnFile(first).name]


def test_an_opened_file_lies_on_the_shelf_until_it_is_removed(tmp_path: Path) -> None:
    file = put(tmp_path / "elsewhere" / "client.py")
    opened = Opened(tmp_path / "data")
    shelf = Shelf([], opened)
    assert shelf.files() == {}
    opened.add(file, "/usr/bin/python3")
    opened.add(file)
    assert (opened.files(), opened.pythons()) == ([file], ["/usr/bin/python3"])
    assert list(shelf.files(anew=True)) == [OwnFile(file).name]
    for _ in range(2):
        opened.remove(file)
        assert shelf.files(anew=True) == {}
    assert file.is_file()


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", '{"files": 5}', '{"files": [5, "relative.py", null]}', "\0"),
        *(
            r'{"files": ["/a\u0000b.py", "/\u0000"]}',
            r'{"files": ["/x/\ud800.py", "/\udfff/a.py"]}',
        ),
        *(r'{"pythons": ["/\u0000"]}', r'{"pythons": ["/\udc00/python3"]}'),
    ],
)
def test_a_list_that_cannot_be_read_is_empty(tmp_path: Path, text: str) -> None:
    put(tmp_path / "programs.json", text)
    opened = Opened(tmp_path)
    assert (opened.files(), opened.pythons()) == ([], [])
    opened.add(tmp_path / "a.py")
    assert opened.files() == [tmp_path / "a.py"]


def test_a_name_in_another_encoding_stays_in_the_list(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.py"))
    file.write_text("")
    opened = Opened(tmp_path)
    opened.add(file)
    assert opened.files() == [file]
    assert list(Shelf([], opened).files(anew=True)) == [OwnFile(file).name]


@pytest.mark.parametrize("path", ["a\0b.py", "/\ud800", "/there/is/none.py"])
def test_what_is_no_path_has_no_stamp(path: str) -> None:
    assert stamp(Path(path)) is None


def test_a_stamp_tells_of_a_save(tmp_path: Path) -> None:
    file = put(tmp_path / "a.py", "one")
    before = stamp(file)
    file.write_text("longer")
    assert before is not None
    assert stamp(file) != before
    assert stamp(tmp_path) is None
    assert stamp(tmp_path / "nowhere.py") is None


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    file = put(tmp_path / "server.py", "print()")
    assert files.read(file, 5) == b"print"
    (tmp_path / "link.py").symlink_to(file)
    os.mkfifo(tmp_path / "fifo.py")
    with pytest.raises(OSError, match="not a regular file") as refused:
        files.read(tmp_path / "fifo.py", 5)
    assert refused.value.errno == errno.EINVAL
    assert refused.value.filename == str(tmp_path / "fifo.py")
    (tmp_path / "folder").symlink_to(tmp_path)
    before = psutil.Process().num_fds()
    for name in ("link.py", "fifo.py", ".", "missing.py", "folder/server.py", "fifo.py/server.py"):
        with pytest.raises(OSError, match=r"links|regular|irectory|No such"):
            files.read(tmp_path / name, 5)
    assert files.read(put(tmp_path / "one" / "two" / "server.py", "deep"), 5) == b"deep"
    assert psutil.Process().num_fds() == before


def test_a_path_is_in_place_until_a_link_takes_a_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path / "folder" / "server.py")
    (tmp_path / "folder" / "link.py").symlink_to(file)
    assert files.in_place(file)
    assert not files.in_place(file.with_name("link.py"))
    (tmp_path / "folder").rename(tmp_path / "other")
    (tmp_path / "folder").symlink_to(tmp_path / "other")
    assert not files.in_place(file)
    monkeypatch.setattr(os.path, "realpath", gone)
    assert not files.in_place(file)


def gone(path: object) -> str:
    """os.path.realpath() where a link goes while it is followed."""
    raise FileNotFoundError(path)


def test_a_folder_that_goes_while_it_is_looked_at_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "server.py")
    monkeypatch.setattr(os.path, "realpath", gone)
    assert found(tmp_path) == []
