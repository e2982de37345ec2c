"""A file that is replaced as a whole."""

from pathlib import Path

import pytest

from dashboard import whole_file


def test_it_is_replaced_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "data/settings.json"
    for text in ("one", "и два"):
        whole_file.write(path, text)
        assert path.read_text("utf-8") == text
    assert list(path.parent.iterdir()) == [path]


def test_where_it_cannot_be_written_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("as it was", "utf-8")
    path.with_suffix(".new").mkdir()
    with pytest.raises(IsADirectoryError):
        whole_file.write(path, "anew")
    assert path.read_text("utf-8") == "as it was"


def test_two_that_are_kept_aside_in_a_second_have_two_names(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    asides = []
    for text in ("first", "second", "third"):
        path.write_text(text)
        asides.append(whole_file.keep_aside(path))
    assert [aside.read_text() for aside in asides] == ["first", "second", "third"]
