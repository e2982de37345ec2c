"""A program that the catalogue lists has a card, a page and the views of its capabilities."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def sixth(tmp_path_factory: pytest.TempPathFactory, make_lab: Any) -> Iterator[Any]:
    lab = make_lab(tmp_path_factory.mktemp("sixth"), "tests.sixth", ("twin",))
    yield lab
    lab.close()


@pytest.fixture
def page(browser: Browser, sixth: Any, make_windows: Any) -> Iterator[Page]:
    windows = make_windows(browser, sixth.url)
    yield windows("/")
    windows.close()
    assert windows.complaints == []


def test_it_is_started_on_its_card_and_opened_by_its_key(sixth: Any, page: Page) -> None:
    card = page.locator('article[data-server="twin"]')
    expect(card.get_by_role("heading")).to_contain_text("A twin of number five")
    card.get_by_role("button", name="Start").click()
    expect(card.locator(".pill")).to_have_text("Running")
    expect(card).to_contain_text(f"127.0.0.1:{sixth.ports['twin']}")
    expect(page.locator(".feed")).to_contain_text("A twin of number five")
    page.keyboard.press("6")
    expect(page).to_have_url(f"{sixth.url}/servers/twin/loop")
    expect(page).to_have_title("Event loop · A twin of number five · Socket Lab")
    tabs = page.get_by_role("navigation", name="A twin of number five").get_by_role("link")
    expect(tabs).to_have_text(["Event loop", "Code", "Wire", "Connections0", "Logs", "States"])


def test_its_loop_is_its_own(sixth: Any, page: Page) -> None:
    sixth.start("twin")
    links = page.locator(".side .nav a")
    links.filter(has_text="Event loop · A twin of number five").click()
    expect(page.locator(".board")).to_be_visible()
    expect(page.locator(".src")).to_contain_text("serve_forever")
    page.keyboard.press("Space")
    expect(page.locator(".pill").first).to_have_text("Paused")
    page.keyboard.press("Space")
    expect(page.locator(".pill").first).to_have_text("Running")
    page.keyboard.press("]")
    expect(page.locator(".code-lines")).to_contain_text("serve_forever")
    page.keyboard.press("]")
    expect(page.locator(".blocks")).to_be_visible()
    page.keyboard.press("]")
    expect(page).to_have_url(f"{sixth.url}/servers/twin/connections")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.keyboard.press("]")
    expect(page.locator(".log li").first).to_contain_text("listening on")
    links.filter(has_text="Event loop · Async HTTP").click()
    expect(page).to_have_url(f"{sixth.url}/servers/subjects/loop")
    expect(page.locator(".board")).to_have_count(0)
