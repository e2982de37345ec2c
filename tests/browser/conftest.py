"""A real dashboard and a real Chromium, in words of the user: lab.start("chat"), open_page("/").

One dashboard serves the session, with a data folder and server ports of its own; every test
begins with all servers stopped. A page fails its test when its console says an error, which a
breach of the content security policy does as well.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import playwright
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.ports import free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NAMES = ("hello", "hypotenuse", "page", "chat", "subjects")
PATHS = [
    "/",
    "/servers/hello/try",
    "/servers/hello/connections",
    "/servers/hypotenuse/try",
    "/servers/page/try",
    "/servers/subjects/try",
    "/servers/hypotenuse/connections",
    "/servers/subjects/logs",
]
# The shell has no window to draw into, and loads a page in half the time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
PATIENT = {"FROZEN_AFTER": "10", "CHECK_TIMEOUT": "30", "START_TIMEOUT": "60", "STOP_GRACE": "10"}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    # A fifth of a page's processor time went into processes that no test needs.
    "--in-process-gpu",
    "--renderer-process-limit=1",  # no spare one is begun for each page
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The machine may be busy: at a load of 70 on two cores a page takes 40 s.
START_S = 60.0
PATIENCE_S = 60.0
PATIENCE_MS = 1_000 * PATIENCE_S


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def eventually(condition: Callable[[], Any], what: str, timeout_s: float = PATIENCE_S) -> Any:
    """The first true value of `condition()`; fails the test when there is none in time."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s: {what}")
        pause.wait(0.02)
    return value


class Lab:
    """The dashboard under test and the servers that it runs."""

    def __init__(
        self,
        folder: Path,
        app: str = "dashboard",
        names: Sequence[str] = NAMES,
        more: Mapping[str, str] | None = None,
    ) -> None:
        port, *ports = (free_port() for _ in range(1 + len(names)))
        self.url = f"http://127.0.0.1:{port}"
        self.token = "browser-tests"
        self.ports = dict(zip(names, ports, strict=True))
        settings = {
            name: {"host": "127.0.0.1", "port": number} for name, number in self.ports.items()
        }
        (folder / "servers.json").write_text(json.dumps(settings))
        environment = {
            **os.environ,
            "SOCKETLAB_CONFIG": str(folder / "none.toml"),
            "SOCKETLAB_DATA_DIR": str(folder),
            "SOCKETLAB_TOKEN": self.token,
            "SOCKETLAB_PORT": str(port),
            **{f"SOCKETLAB_{name}_S": seconds for name, seconds in PATIENT.items()},
            **(more or {}),
        }
        self._output = (folder / "dashboard.log").open("wb")
        self._process = subprocess.Popen(
            [
                sys.executable,
                ROOT / "tests/mortal.py",
                "-m",
                "flask",
                "--app",
                app,
                "run",
                "--port",
                str(port),
            ],
            cwd=ROOT,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        eventually(self._answers, f"the dashboard answers on port {port}", START_S)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """The dashboard's process does nothing meanwhile."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(START_S)
        self._output.close()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the HTTP API; the parsed answer, whatever its status."""
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-Lab-Token": self.token, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=START_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)

    def view(self, name: str) -> dict[str, Any]:
        view: dict[str, Any] = self.api("GET", f"/api/servers/{name}")
        return view

    def start(self, *names: str) -> None:
        """Start servers and wait until they answer."""
        for name in names:
            self.api("POST", f"/api/servers/{name}/start")
        for name in names:
            view = self.api("POST", f"/api/servers/{name}/start?wait=30")
            assert view["state"] == "RUNNING", view["failure"]

    def serve(self, name: str) -> dict[str, Any]:
        """Start a program of the user; its view as soon as it listens: one that is slow to do so
        counts as running before that."""
        path = f"/api/programs/{name}"
        self.api("POST", f"{path}/start?wait=30")
        view: dict[str, Any] = eventually(
            lambda: (v := self.api("GET", path))["listening"] and v, "it listens"
        )
        return view

    def stop(self, *names: str) -> None:
        for name in names:
            self.api("POST", f"/api/servers/{name}/stop?wait=30")

    def pid(self, name: str) -> int:
        pid = self.view(name)["pid"]
        assert isinstance(pid, int), f"{name} has no process"
        return pid

    def signal(self, name: str, number: signal.Signals) -> None:
        """A `kill` in a terminal."""
        os.kill(self.pid(name), number)

    def address(self, name: str) -> tuple[str, int]:
        return "127.0.0.1", self.view(name)["port"]

    def connect(self, name: str) -> socket.socket:
        """A client of the raw port."""
        return socket.create_connection(self.address(name), timeout=30)

    def anew(self) -> None:
        """All servers stopped, with the settings of the beginning."""
        for view in self.api("GET", "/api/servers")["servers"]:
            if view["state"] == "FROZEN":
                self.api("POST", f"/api/servers/{view['name']}/kill")
        self.api("POST", "/api/servers/stop?wait=30")
        for view in self.api("GET", "/api/servers")["servers"]:
            name = view["name"]
            first = {"host": "127.0.0.1", "port": self.ports[name], "model": view["models"][0]}
            if first != {key: view["settings"][key] for key in first}:
                self.api("POST", f"/api/servers/{name}/settings", first)

    def _answers(self) -> bool:
        assert self._process.poll() is None, "the dashboard ended"
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture(name="eventually", scope="session")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


@pytest.fixture(name="paths", scope="session")
def paths_fixture() -> list[str]:
    """Every page, one address each."""
    return PATHS


@pytest.fixture(scope="session")
def make_lab() -> type[Lab]:
    """A dashboard of its own for a test that needs another than the common one."""
    return Lab


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def lab_with(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Mapping[str, str]], Lab]]:
    """lab_with({"server.py": text}): a dashboard with these programs of a user."""
    labs: list[Lab] = []

    def make(files: Mapping[str, str]) -> Lab:
        folder = tmp_path_factory.mktemp("programs")
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        more = {"SOCKETLAB_PROGRAMS": str(folder)}
        labs.append(Lab(tmp_path_factory.mktemp("lab"), more=more))
        return labs[-1]

    yield make
    for lab in labs:
        lab.close()


@pytest.fixture
def lab(dashboard: Lab) -> Lab:
    dashboard.anew()
    return dashboard


def absent(what: str, package: str) -> NoReturn:
    """A stated skip, and a failure where CI installs it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"no {what} here; CI installs {package}")
    pytest.skip(f"no {what} here: install {package} to run the browser tests")


def driver_runs() -> bool:
    """Whether the node that Playwright brings along finds its libraries."""
    node = Path(playwright.__file__).parent / "driver" / "node"
    return (
        not node.exists()
        or not subprocess.run([node, "--version"], capture_output=True, timeout=60).returncode
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        absent("Chromium", "chromium")
    if not driver_runs():
        absent("libatomic.so.1 for Playwright's driver", "libatomic1")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Windows:
    """Pages as fresh visitors open them; complaints of their consoles are collected.

    A visitor that has gone leaves a browser with the page's files in its cache, and nothing else,
    to the next one with the same options.
    """

    _idle: ClassVar[dict[str, list[BrowserContext]]] = {}

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[tuple[str, BrowserContext]] = []
        self.complaints: list[str] = []

    def __call__(
        self, path: str = "/", *, before: Callable[[Page], None] | None = None, **options: Any
    ) -> Page:
        """A page of a new visitor. `before(page)` prepares it; options as for new_context()."""
        given = {"locale": "en-US", "viewport": {"width": 1440, "height": 900}, **options}
        key = json.dumps([self._url, given], sort_keys=True)
        idle = self._idle.setdefault(key, [])
        context = idle.pop() if idle else self._browser.new_context(base_url=self._url, **given)
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append((key, context))
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if before:
            before(page)
        page.goto(path)
        return page

    def close(self) -> None:
        for key, context in self._contexts:
            if context.pages:  # the test may have closed it
                session = context.new_cdp_session(context.pages[0])
                everything = {"origin": self._url, "storageTypes": "cookies,local_storage"}
                session.send("Storage.clearDataForOrigin", everything)
                for page in context.pages:
                    page.close()
                self._idle[key].append(context)
        self._contexts.clear()

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused API call and a lost link are part of some tests; the browser notes both.
        expected = ("Failed to load resource", "WebSocket connection to ")
        if message.type == "error" and not any(words in message.text for words in expected):
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def make_windows() -> type[Windows]:
    return Windows


@pytest.fixture
def open_page(browser: Browser, lab: Lab) -> Iterator[Windows]:
    windows = Windows(browser, lab.url)
    yield windows
    windows.close()
    assert windows.complaints == []


@pytest.fixture
def windows(browser: Browser, dashboard: Lab) -> Iterator[Windows]:
    """Pages of the module's dashboard; its programs are stopped in the end."""
    windows = Windows(browser, dashboard.url)
    yield windows
    windows.close()
    for program in dashboard.api("GET", "/api/programs")["programs"]:
        dashboard.api("POST", f"/api/programs/{program['name']}/stop?wait=30")
    assert windows.complaints == []


@pytest.fixture
def page(open_page: Windows) -> Page:
    """The overview as a new visitor sees it."""
    return open_page("/")


@pytest.fixture(scope="module")
def model(browser: Browser, dashboard: Lab) -> Iterator[Page]:
    """A page whose modules a test calls; see models.py."""
    windows = Windows(browser, dashboard.url)
    yield windows("/")
    windows.close()
    assert windows.complaints == []
