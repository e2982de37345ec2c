"""The object behind the application, with a clock of the test's own."""

from pathlib import Path

import pytest

from dashboard import create_app
from dashboard.config import Config
from dashboard.instance import Instance, find
from dashboard.lab import Lab
from dashboard.programs.catalogue import Catalogue, catalogue
from tests.sixth import TWIN


def test_the_uptime_is_by_the_clock_that_is_never_set(tmp_path: Path) -> None:
    times = iter([100.0, 103.5])
    lab = Lab(Config(data_dir=str(tmp_path)), catalogue(), clock=lambda: next(times))
    assert lab.uptime_s() == 3.5


def test_a_lab_that_is_closed_gives_its_folder_back(tmp_path: Path) -> None:
    app = create_app({"data_dir": str(tmp_path)})
    assert app.test_client().get("/healthz").status_code == 200
    there = find(tmp_path)
    assert there
    assert there.served
    app.extensions["lab"].close()
    assert find(tmp_path) is None
    following = Instance(tmp_path)
    following.take(wait_s=0.0)
    following.release()


def test_a_catalogue_without_a_chat_is_a_lab_as_well(tmp_path: Path) -> None:
    app = create_app({"data_dir": str(tmp_path)}, Catalogue([TWIN]))
    answer = app.test_client().get("/", headers={"Host": "127.0.0.1"})
    assert answer.status_code == 200
    assert TWIN.title in answer.get_data(as_text=True)
    app.extensions["lab"].close()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("programs.json", r'{"files": ["/a\u0000b.py", "/x/\ud800.py"], "pythons": ["/\u0000"]}'),
        ("servers.json", r'{"hello": {"host": "\u0000"}, "a\u0000-123456": {"python": "/\ud800"}}'),
        ("restore.json", r'{"wanted": true, "ran": ["\u0000", "../\ud800"]}'),
    ],
)
def test_a_file_of_the_folder_with_paths_that_are_none_breaks_no_page(
    tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text)
    app = create_app({"data_dir": str(tmp_path), "token": "t"})
    app.extensions["lab"].serve()
    client = app.test_client()
    headers = {"Host": "127.0.0.1", "X-Lab-Token": "t"}
    assert client.post("/api/programs/look", headers=headers, json={}).status_code == 200
    for path in ("/", "/programs", "/api/programs"):
        assert client.get(path, headers=headers).status_code == 200, path
    app.extensions["lab"].close()
