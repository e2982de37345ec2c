"""axe on every page, and the rest by hand: focus, names, live regions."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.widths import at_widths


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(lab, open_page, paths, theme: str) -> None:
    lab.start("hello", "hypotenuse")
    page = open_page("/", color_scheme=theme)
    with lab.connect("hypotenuse"):  # a row of its connections
        for path in [*paths, "/servers/hypotenuse/check"]:
            page.goto(path)
            expect(page.locator(".conn")).to_have_attribute("data-link", "live")
            for width in at_widths(page, 390, 1440):
                assert violations(page) == [], (path, width)


def test_axe_finds_nothing_in_dialogs_and_the_error_page(open_page) -> None:
    page = open_page("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.goto("/servers/nowhere")
    assert violations(page) == []


def test_axe_finds_nothing_after_an_exchange(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/try")
    page.locator("form").get_by_role("button", name="Send").click()
    expect(page.locator(".answer")).to_contain_text("5.0")
    page.get_by_role("radio", name="Hex").click()
    assert violations(page) == []


def test_the_first_tab_stop_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


# Row and column; tabs that do not fit scroll to the one that has the focus.
PLACE = """(one) => {
  const { x, y, height } = one.getBoundingClientRect();
  return [Math.floor((y + height / 2) / 24), Math.round(x + (one.closest(".tabs")?.scrollLeft ?? 0))];
}"""


@pytest.mark.parametrize("width", [390, 1000, 1440])
def test_the_tab_key_goes_through_a_servers_head_as_it_is_read(open_page, width: int) -> None:
    page = open_page("/servers/subjects/try", viewport={"width": width, "height": 900})
    head = page.locator(".sph")
    expect(head.get_by_role("button").first).to_be_visible()
    page.locator("#main").focus()
    places = []
    for _ in range(20):
        page.keyboard.press("Tab")
        focused = page.locator("*:focus")
        if not head.locator("*:focus").count():
            if places:
                break
            continue
        places.append(focused.evaluate(PLACE))
    assert len(places) >= 3
    assert places == sorted(places)


def test_every_page_has_one_heading_and_its_landmarks(open_page, paths) -> None:
    page = open_page("/")
    for path in paths:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("banner")).to_have_count(1)
        expect(page.get_by_role("main")).to_have_count(1)
        expect(page.get_by_role("navigation", name="Socket Lab")).to_have_count(1)


def test_a_dialog_gives_the_focus_back(page: Page) -> None:
    opener = page.get_by_role("button", name="Keyboard shortcuts")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_arrows_move_within_a_choice(page: Page) -> None:
    first = page.get_by_role("radio", name="EN")
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="RU")).to_be_focused()
    expect(page.get_by_role("radio", name="RU")).to_be_checked()
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_states_are_said_politely(lab, page: Page) -> None:
    expect(page.locator(".conn")).to_have_attribute("data-link", "live")
    lab.start("hypotenuse")
    expect(page.locator("#say")).to_have_text("TCP hypotenuse: Running")
    expect(page.locator("#say")).to_have_attribute("aria-live", "polite")


def test_a_control_that_is_off_can_be_reached_and_says_why(page: Page) -> None:
    button = page.get_by_role("button", name="Stop all")
    button.focus()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("title", "No server is running")
    page.keyboard.press("Enter")
    expect(page.locator(".toasts[role=status]")).to_have_text("No server is running")
