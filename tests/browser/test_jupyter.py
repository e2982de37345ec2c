"""A real Jupyter server with jupyter-server-proxy: its tile leads to a dashboard that works."""

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import absent, eventually
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
BASE = "/user/anna/"
LAB = f"{BASE}socket-lab"
SECRET = "of-jupyter"
START_S = 90.0  # the machine may be busy with other tests


class Jupyter:
    """A Jupyter server below /user/anna/, as JupyterHub starts one for a student."""

    def __init__(self, folder: Path) -> None:
        install(folder / "packages")
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        options = {
            "port": self.url.rpartition(":")[2],
            "base_url": BASE,
            "root_dir": str(folder),
            "allow_root": "True",
            "open_browser": "False",
            "jpserver_extensions": "{'jupyter_server_proxy': True}",
        }
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder / "packages"), str(ROOT)]),
            "JUPYTER_TOKEN": SECRET,
            **{f"JUPYTER_{name}_DIR": str(folder) for name in ("CONFIG", "DATA", "RUNTIME")},
            "SOCKETLAB_CONFIG": str(folder / "none.toml"),
            "SOCKETLAB_DATA_DIR": str(folder / "lab"),
            "SOCKETLAB_PORT_BASE": str(free_port()),
        }
        self._output = (folder / "jupyter.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tests/mortal.py", "-m", "jupyter_server"]
            + [f"--ServerApp.{name}={value}" for name, value in options.items()],
            cwd=folder,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_for_answer(self) -> None:
        eventually(lambda: self.status("api") == 200, "Jupyter answers", START_S)

    def status(self, path: str, **headers: str) -> int:
        """Of a GET without credentials; 0 where nothing answers."""
        asked = urllib.request.Request(f"{self.url}{BASE}{path}", headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=START_S) as answer:
                return 302 if "/login" in answer.url else int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            assert self.process.poll() is None, (self.folder / "jupyter.log").read_text()
            return 0

    def get(self, path: str) -> Any:
        asked = urllib.request.Request(
            f"{self.url}{BASE}{path}", headers={"Authorization": f"token {SECRET}"}
        )
        with urllib.request.urlopen(asked, timeout=START_S) as answer:
            return answer.read()

    def dashboard(self) -> psutil.Process:
        said = json.loads((self.folder / "lab/dashboard.json").read_text())
        return psutil.Process(said["pid"])

    def close(self) -> None:
        if self.process.poll() is None:
            for process in psutil.Process(self.process.pid).children(recursive=True):
                process.kill()
            self.process.kill()
            self.process.wait(30)
        self._output.close()


def install(folder: Path) -> None:
    """The package's entry points, as pip writes them from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    info = folder / "socket_lab-1.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: socket-lab\nVersion: 1.0.0\n")
    (group,) = project["entry-points"]
    lines = [f"{name} = {where}" for name, where in project["entry-points"][group].items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    if importlib.util.find_spec("jupyter_server_proxy") is None:
        absent("jupyter-server-proxy", "it by the extra `jupyter`")
    jupyter = Jupyter(tmp_path_factory.mktemp("jupyter"))
    try:
        jupyter.wait_for_answer()
        jupyter.get("socket-lab/healthz")  # which starts the dashboard
        yield jupyter
    finally:
        jupyter.close()


@pytest.fixture
def open_page(browser: Any, make_windows: Any, jupyter: Jupyter) -> Iterator[Callable[..., Page]]:
    """open_page("/servers/hello"): a page of the dashboard, for somebody who has logged in."""
    windows = make_windows(browser, jupyter.url)
    yield lambda path="/": windows(f"{LAB}{path}?token={SECRET}")
    windows.close()
    assert windows.complaints == []


def has_a_tile(jupyter: Jupyter) -> None:
    """JupyterLab is notified of it, with its icon."""
    (tile,) = json.loads(jupyter.get("server-proxy/servers-info"))["server_processes"]
    assert tile["name"] == "socket-lab"
    assert tile["launcher_entry"]["title"] == "Socket Lab"
    assert b"<svg" in jupyter.get("server-proxy/icon/socket-lab")


def test_a_student_works_through_jupyter_and_a_stranger_does_not(
    jupyter: Jupyter, open_page: Callable[..., Page]
) -> None:
    """From the tile to the end of Jupyter, which takes all with it."""
    has_a_tile(jupyter)
    assert jupyter.status("socket-lab/") == 302
    assert jupyter.status("socket-lab/ws/live", Upgrade="websocket", Connection="Upgrade") == 403
    page = open_page("/servers/chat/rooms")
    expect(page.locator("[data-link=live]")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).first.click()
    expect(page.locator(".pill").first).to_have_text("Running")
    # The proxy drops the code of a Close frame: without a reason the page would ask for ever.
    page.evaluate("document.querySelector('meta[name=lab-token]').content = 'old'")
    page.get_by_label("Nickname").fill("Anna")
    page.get_by_label("Room", exact=True).fill("7")
    page.keyboard.press("Enter")
    expect(page.locator(".room .conn").last).to_contain_text("127.0.0.1:")
    page.get_by_role("link", name="Logs").click()
    expect(page.get_by_role("log")).to_contain_text("listening on")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert "listening on" in Path(saved.value.path()).read_text()
    said = json.loads((jupyter.folder / "lab/dashboard.json").read_text())
    assert said["page"] == jupyter.url + LAB  # what `lab open` prints
    listening = [c for c in jupyter.dashboard().net_connections("inet") if c.status == "LISTEN"]
    assert listening == []  # another user of the machine has no port to try
    assert Path(said["address"].removeprefix("unix://")).parent.stat().st_mode & 0o077 == 0
    ends_with_jupyter(jupyter)


def ends_with_jupyter(jupyter: Jupyter) -> None:
    """The dashboard and its programs, when Jupyter is killed."""
    dashboard = jupyter.dashboard()
    programs = dashboard.children()
    assert programs
    jupyter.process.kill()
    jupyter.process.wait(30)
    left = psutil.wait_procs([dashboard, *programs], timeout=30)[1]
    assert left == []
