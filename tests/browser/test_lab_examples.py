"""The lab's examples: opened by a click, and broken by the button beside them, which the page tells."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.ports import free_port

LAB = Path(__file__).resolve().parents[2] / "examples/lab"
PORTS = {"hello": 8101, "hypotenuse": 8102, "page": 8103, "chat": 8104, "subjects": 8105}


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples on free ports: without SO_REUSEADDR theirs are not free again at once."""
    folder = tmp_path_factory.mktemp("copies") / "lab"
    shutil.copytree(LAB, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for (name, old), new in ((item, free_port()) for item in PORTS.items()):
        for file in folder.glob(f"{name}_*.py"):
            file.write_text(file.read_text("utf-8").replace(str(old), str(new)), "utf-8")
    return folder


@pytest.fixture(scope="module")
def dashboard(
    copies: Path, make_lab: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    lab = make_lab(tmp_path_factory.mktemp("lab"), more={"SOCKETLAB_PROGRAMS": str(copies)})
    yield lab
    lab.close()


@pytest.fixture
def opened(dashboard: Any, make_windows: Any, browser: Any) -> Iterator[Callable[..., Page]]:
    """opened("hello_server.py"): its page after a click on the overview, with the program running."""
    windows = make_windows(browser, dashboard.url)

    def start(title: str, **options: Any) -> Page:
        page: Page = windows("/", **options)
        files = page.locator(".file-list > div").filter(has_text="copies")
        files.get_by_role("listitem").filter(has_text=title).get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        expect(page.locator(".pill").first).to_have_attribute("data-state", "running")
        return page

    yield start
    windows.close()
    for program in dashboard.api("GET", "/api/programs")["programs"]:
        if program["own"]:
            dashboard.api("POST", f"/api/programs/{program['name']}/stop?wait=30")
            dashboard.api("DELETE", f"/api/programs/{program['name']}")
    assert windows.complaints == []


def test_the_overview_has_them_all(dashboard: Any, make_windows: Any, browser: Any) -> None:
    windows = make_windows(browser, dashboard.url)
    page = windows("/")
    examples = page.locator(".file-list > div").filter(has_text="The lab’s own")
    titles = sorted(path.name for path in LAB.glob("*.py"))
    expect(examples.get_by_role("link")).to_have_text(titles)
    examples.get_by_role("link", name="hello_server.py").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("hello_server.py")
    expect(page.get_by_role("region", name="What breaks it").get_by_role("listitem")).to_have_count(
        2
    )
    windows.close()
    assert windows.complaints == []


@pytest.mark.parametrize(
    ("name", "button", "heading", "source"),
    [
        ("hello", "Not UTF-8", "hello_server.py died of UnicodeDecodeError", "data.decode()"),
        ("hypotenuse", "Half a request", "died of JSONDecodeError", "json.loads(request)"),
        ("page", "Storm", "died of IndexError", "request.splitlines()[0]"),
        ("subjects", "Reset (RST)", "died of BrokenPipeError", "stream.flush()"),
    ],
)
def test_its_button_kills_it(
    opened: Callable[..., Page], name: str, button: str, heading: str, source: str
) -> None:
    page = opened(f"{name}_server.py")
    page.get_by_role("region", name="What breaks it").get_by_role("button", name=button).click()
    story = page.get_by_role("alert").filter(has_text=heading)
    expect(story).to_be_visible()
    expect(story.locator(".crash-l")).to_contain_text(source)
    expect(page.locator(".pill").first).to_have_text("Crashed")
    again = page.get_by_role("region", name="What breaks it").get_by_role("button", name=button)
    expect(again).to_have_attribute("title", "Start the program first")


def test_a_thread_of_the_chat_dies_and_its_button_is_in_russian(
    opened: Callable[..., Page],
) -> None:
    page = opened("chat_server.py", locale="ru-RU")
    ways = page.get_by_role("region", name="Что его ломает")
    expect(ways).to_contain_text("сокет остаётся в списке")
    ways.get_by_role("button", name="Сброс (RST)").click()
    expect(page.get_by_role("alert").locator(".crash-l")).to_contain_text(
        "client.recv(MESSAGE_SIZE)"
    )
    expect(page.locator(".pill").first).to_have_attribute("data-state", "running")


def test_half_a_request_stops_the_loop_in_the_line_that_waits(opened: Callable[..., Page]) -> None:
    page = opened("subjects_server.py")
    ways = page.get_by_role("region", name="What breaks it")
    ways.get_by_role("button", name="Half a request").click()
    tabs = page.get_by_role("navigation", name="subjects_server.py")
    tabs.get_by_role("link", name="Code").click()
    line = page.locator(".code-lines .stand.k-read")
    expect(line).to_contain_text("words = stream.readline()")
    ways.get_by_role("button", name="Stop").click()
    expect(line).to_have_count(0)  # it waits in select() again, in event_loop.py
