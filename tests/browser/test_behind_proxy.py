"""The whole page under a prefix, through proxies of both kinds: nothing asks for anything outside."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.reverse_proxy import ReverseProxy

PREFIX = "/user/anna@uni/proxy/5000"
UNDER = "/user/anna(@|%40)uni/proxy/5000"  # both are the same path
ASKS = 'print("hello,", input("Your name: "))\ninput()\n'
PAGES = ["/programs", "/lessons", "/servers/page", "/servers/subjects/loop", "/nothing"]
LINKS = "[...document.links].map((link) => link.getAttribute('href'))"


@pytest.fixture(scope="module")
def dashboard(make_lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("programs")
    (folder / "asks.py").write_text(ASKS)
    more = {
        "SOCKETLAB_PROGRAMS": str(folder),
        "SOCKETLAB_PREFIX": PREFIX.replace("@", "%40"),
        "SOCKETLAB_PROXY": "127.0.0.1",
    }
    lab = make_lab(tmp_path_factory.mktemp("lab"), more=more)
    yield lab
    lab.close()


@pytest.fixture(params=[True, False], ids=["strips", "passes on"])
def proxy(dashboard: Any, request: pytest.FixtureRequest) -> Iterator[ReverseProxy]:
    port = urlsplit(dashboard.url).port
    assert port
    proxy = ReverseProxy(port, PREFIX, strips=request.param)
    yield proxy
    proxy.close()
    assert proxy.strays == []


@pytest.fixture
def open_page(
    dashboard: Any, browser: Any, make_windows: Any, proxy: ReverseProxy
) -> Iterator[Callable[..., Page]]:
    """open_page("/servers/hello"): a page through the proxy, at the prefix."""
    windows = make_windows(browser, proxy.url)
    yield lambda path="/": windows(PREFIX + path)
    windows.close()
    for program in dashboard.api("GET", "/api/programs")["programs"]:
        dashboard.api("POST", f"/api/programs/{program['name']}/stop?wait=30")
        if program["own"]:
            dashboard.api("DELETE", f"/api/programs/{program['name']}")
    assert windows.complaints == []


def is_at(page: Page, path: str) -> None:
    expect(page).to_have_url(re.compile(UNDER + path + "$"))


def test_every_page_is_opened_anew_and_by_links(open_page: Callable[..., Page]) -> None:
    page = open_page()
    expect(page.locator("[data-link=live]")).to_be_visible()
    for path in PAGES:
        page.goto(PREFIX + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        links = [link for link in page.evaluate(LINKS) if link.startswith("/")]
        assert links
        assert all(re.match(UNDER, link) for link in links), path
    page.get_by_role("link", name="Overview").click()
    is_at(page, "/")
    page.evaluate("window.same = true")
    page.locator('article[data-server="hello"] h2 a').click()
    is_at(page, "/servers/hello/try")
    page.go_back()
    expect(page.locator('article[data-server="hello"]')).to_be_visible()
    page.get_by_role("radio", name="RU").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Серверы")
    assert page.evaluate("window.same") is True
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Серверы")


@pytest.mark.parametrize("proxy", [True], ids=["strips"], indirect=True)
def test_changes_downloads_the_chat_and_a_console_work(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page("/servers/chat/rooms")
    page.get_by_role("button", name="Start", exact=True).first.click()
    expect(page.locator(".pill").first).to_have_text("Running")
    page.get_by_label("Nickname").fill("Anna")
    page.get_by_label("Room", exact=True).fill("7")
    page.keyboard.press("Enter")
    expect(page.locator(".room .conn").last).to_contain_text("127.0.0.1:")
    page.goto(f"{PREFIX}/servers/chat/logs")
    expect(page.get_by_role("log")).to_contain_text("listening on")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert "listening on" in Path(saved.value.path()).read_text()

    page.goto(f"{PREFIX}/programs")
    page.get_by_role("button", name="Start asks.py").click()
    is_at(page, r"/programs/\w+-\w{6}/console")
    expect(page.locator(".pill").first).to_have_text("Waiting for input")
    field = page.get_by_label("Type to the program")
    expect(field).to_have_attribute("placeholder", "Your name: ")  # the console is connected
    field.fill("Anna")
    page.keyboard.press("Enter")
    expect(page.locator(".term .log")).to_contain_text("hello, Anna")
