"""Pages that look on: of a visitor from another machine, and of a second dashboard on one folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.elsewhere import HOST


@pytest.fixture(scope="module")
def opened(make_lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A dashboard that other machines reach; see elsewhere.py."""
    folder = tmp_path_factory.mktemp("opened")
    programs = tmp_path_factory.mktemp("programs")
    (programs / "asks.py").write_text("input()")
    more = {"FLASK_RUN_HOST": "0.0.0.0", "SOCKETLAB_PROGRAMS": str(programs)}
    lab = make_lab(folder, app="tests.elsewhere", more=more)
    yield lab
    lab.close()


@pytest.fixture
def far(browser: Browser, opened: Any, make_windows: Any) -> Iterator[Any]:
    windows = make_windows(browser, opened.url.replace("127.0.0.1", HOST))
    yield windows
    windows.close()
    assert windows.complaints == []


def card(page: Page, name: str) -> Any:
    return page.locator(f'[data-server="{name}"]')


def test_a_visitor_sees_all_live_and_its_buttons_say_why_not(opened: Any, far: Any) -> None:
    page = far("/")
    expect(page.get_by_text("You are looking on.")).to_be_visible()
    opened.start("hello")
    expect(card(page, "hello").get_by_text("Running")).to_be_visible()
    stop = card(page, "hello").get_by_role("button", name="Stop")
    expect(stop).to_have_attribute("title", "You look on here, and change nothing")
    expect(stop).to_have_attribute("aria-disabled", "true")
    assert opened.token not in page.content()


def test_the_link_lets_a_visitor_stop_what_runs_and_leaves_no_token_behind(
    opened: Any, far: Any
) -> None:
    opened.start("hello")
    page = far(f"/#token={opened.token}")
    expect(page.get_by_text("You came by the owner's link.")).to_be_visible()
    assert opened.token not in page.url
    start = card(page, "page").get_by_role("button", name="Start")
    expect(start).to_have_attribute("title", "Only on the dashboard's own machine")
    card(page, "hello").get_by_role("button", name="Stop").click()
    expect(card(page, "hello").get_by_text("Stopped", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("You came by the owner's link.")).to_be_visible()
    page.goto("/servers/hello#token=an-old-one")
    expect(page.get_by_text("You are looking on.")).to_be_visible()


def test_the_link_lets_no_program_go_as_it_could_not_open_it_again(opened: Any, far: Any) -> None:
    files = opened.api("GET", "/api/programs")["files"]
    (name,) = [file["id"] for file in files if file["title"] == "asks.py"]
    opened.api("GET", f"/api/programs/{name}")  # it becomes a program
    page = far(f"/#token={opened.token}")
    let_go = card(page, name).get_by_role("button", name="Take off this page")
    expect(let_go).to_have_attribute("title", "Only on the dashboard's own machine")


@pytest.mark.parametrize("broken", ["100%sure", "%", "%zz%41", "%ff", "%e2%82"])
def test_a_link_with_a_broken_escape_is_a_token_that_nobody_has_given(
    opened: Any, far: Any, broken: str
) -> None:
    page = far(f"/#token={broken}")
    expect(page.get_by_text("You are looking on.")).to_be_visible()
    assert broken not in page.url
    page.evaluate("broken => { location.hash = `#token=${broken}`; }", broken)  # in an open page
    expect(page).to_have_url(page.url.partition("#")[0])
    expect(page.get_by_text("You are looking on.")).to_be_visible()


def test_the_owner_finds_the_link_that_may_change(
    browser: Browser, opened: Any, make_windows: Any
) -> None:
    windows = make_windows(browser, opened.url)
    page = windows("/")
    addresses = page.evaluate(
        "JSON.parse(document.getElementById('boot').textContent).snapshot.visitor.addresses"
    )
    if addresses:  # the machine has one beyond loopback
        page.get_by_role("button", name="Open to others").click()
        expect(page.get_by_text(f"{addresses[0]}/#token=…")).to_be_visible()
    windows.close()


def test_a_second_dashboard_looks_on_and_takes_over_by_a_button(
    browser: Browser, make_lab: Any, make_windows: Any, tmp_path: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    first = make_lab(folders[0])
    second = make_lab(folders[1], more={"SOCKETLAB_DATA_DIR": str(folders[0])})
    here, there = make_windows(browser, second.url), make_windows(browser, first.url)
    page, other = here("/"), there("/")
    try:
        expect(page.get_by_text("Another dashboard holds this lab:")).to_be_visible()
        expect(page.get_by_role("link", name="Open that one")).to_have_attribute("href", first.url)
        start = card(page, "hello").get_by_role("button", name="Start")
        expect(start).to_have_attribute("title", "Another dashboard holds this lab")
        page.get_by_role("button", name="Take over").click()
        expect(other.get_by_text("Another dashboard holds this lab:")).to_be_visible()
        expect(page.get_by_text("Another dashboard holds this lab:")).to_have_count(0)
        start.click()
        expect(card(page, "hello").get_by_text("Running")).to_be_visible()
    finally:
        here.close()
        there.close()
        second.close()
        first.close()
