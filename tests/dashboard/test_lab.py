"""The object behind the application, with a clock of the test's own."""

from pathlib import Path

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
