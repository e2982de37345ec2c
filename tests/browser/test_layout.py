"""Widths, themes, presentation size, keys, motion, and a lost link."""

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.widths import at_widths

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_page_scrolls_sideways(lab, open_page, paths, language: str) -> None:
    lab.start("hypotenuse")
    page = open_page("/")
    for path in paths:
        page.goto(f"{path}?lang={language}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for width in at_widths(page, 390, 719, 720, 1023, 1024, 1279, 1280, 1440):
            assert page.evaluate(OVERFLOW) <= 0, (path, width)


def test_navigation_fits_the_width(open_page) -> None:
    page = open_page("/")
    side, bottom = page.locator(".side"), page.locator(".bnav")
    expect(side.get_by_text("Keyboard shortcuts")).to_be_visible()
    expect(bottom).to_be_hidden()

    page.set_viewport_size({"width": 1023, "height": 800})
    expect(side).to_be_visible()
    assert side.bounding_box()["width"] < 80
    expect(side.get_by_role("link", name=re.compile("UDP hello"))).to_have_count(1)

    page.set_viewport_size({"width": 719, "height": 800})
    expect(side).to_be_hidden()
    expect(bottom.get_by_role("link")).to_have_count(4)
    bottom.get_by_role("link", name="Chat").click()
    expect(page).to_have_url(re.compile("/servers/chat/rooms$"))


@pytest.mark.parametrize("width", [390, 1440])
def test_targets_are_large_enough(lab, open_page, width: int) -> None:
    lab.start("hypotenuse")
    page = open_page("/", viewport={"width": width, "height": 844})
    least = 44 if width < 720 else 24
    boxes = page.locator("main :is(.btn, select, input)").evaluate_all(
        "all => all.map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])"
    )
    small = [box for box in boxes if 0 < box[1] < (24 if "Copy" in box[0] else least)]
    assert not small


def test_the_theme_is_there_before_the_first_paint_and_remembered(open_page) -> None:
    page = open_page("/", color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")

    page.add_init_script(
        """document.addEventListener("readystatechange", () => {
            window.early ??= document.documentElement.dataset.theme;
        });"""
    )
    page.reload()
    assert page.evaluate("window.early") == "light"
    assert page.evaluate("document.head.querySelector('script').async") is False


def test_presentation_size_is_larger_and_remembered(page: Page) -> None:
    page.keyboard.press("p")
    size = "() => getComputedStyle(document.documentElement).fontSize"
    assert page.evaluate(size) == "20px"
    page.reload()
    assert page.evaluate(size) == "20px"
    assert page.evaluate(OVERFLOW) <= 0
    page.keyboard.press("p")
    assert page.evaluate(size) == "16px"


def test_keys_lead_everywhere(lab, page: Page) -> None:
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile("/servers/hypotenuse/try$"))
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile("/servers/hypotenuse/code$"))
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile("/servers/hypotenuse/try$"))
    page.get_by_label("Leg a").fill("")
    page.get_by_label("Leg a").press_sequentially("05t")
    expect(page).to_have_url(re.compile("/servers/hypotenuse/try$"))
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.locator("h1").click()
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("0")
    expect(page.get_by_role("heading", level=1)).to_have_text("Servers")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("TCP hypotenuse")


def test_keys_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("switch", name="Single keys act on this page").click()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("t")
    page.reload()
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("Servers")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("html")).not_to_have_attribute("data-present", "1")


def test_with_reduced_motion_nothing_moves(lab, open_page) -> None:
    page = open_page("/", reduced_motion="reduce")
    moving = page.evaluate(
        """() => {
            const spinner = document.createElement("div");
            spinner.className = "spin";
            document.body.append(spinner);
            return getComputedStyle(spinner).animationName;
        }"""
    )
    assert moving == "none"


class Cable:
    """The link between a page and the dashboard, to be pulled and plugged."""

    def __init__(self) -> None:
        self.plugged = True
        self.ends: list[WebSocketRoute] = []

    def lay(self, page: Page) -> None:
        page.route_web_socket("**/ws/live", self._route)

    def pull(self) -> None:
        self.plugged = False
        self.ends.pop().close(code=1001)

    def plug_for_a_click(self, page: Page) -> None:
        """What a click connects is let through, and nothing that a timer does."""
        page.expose_function("plug", self._plug)
        page.evaluate("""() => {
          addEventListener("click", () => plug(true), true);
          addEventListener("click", () => plug(false));
        }""")

    def _plug(self, plugged: bool) -> None:
        self.plugged = plugged

    def _route(self, end: WebSocketRoute) -> None:
        if not self.plugged:
            end.close(code=1001)
            return
        self.ends.append(end)
        end.connect_to_server()


def test_a_lost_link_is_said_and_healed(lab, open_page) -> None:
    lab.start("hypotenuse")
    cable = Cable()
    page = open_page("/servers/hypotenuse/try", before=cable.lay)
    expect(page.locator(".conn")).to_have_attribute("data-link", "live")
    page.get_by_label("Leg a").fill("30")

    cable.pull()

    expect(page.locator(".notice.bad")).to_contain_text(
        "Lost contact with the dashboard. Values are from"
    )
    expect(page.locator(".notice.bad")).to_contain_text(re.compile(r"Next try in \d+ s"))
    expect(page.locator(".notice.bad [role=alert]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-stale", "1")
    for name in ("Stop", "Send"):
        button = page.locator(".sph, form").get_by_role("button", name=name, exact=name == "Stop")
        expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_label("Leg a")).to_have_value("30")

    lab.stop("hypotenuse")
    cable.plug_for_a_click(page)
    page.get_by_role("button", name="Retry now").click()

    expect(page.locator(".notice.bad")).to_have_count(0)
    expect(page.locator("h1 .pill")).to_have_text("Stopped")
    expect(page.get_by_label("Leg a")).to_have_value("30")


def test_the_page_tries_again_by_itself(lab, open_page) -> None:
    cable = Cable()
    page = open_page("/", before=cable.lay)
    expect(page.locator(".conn")).to_have_attribute("data-link", "live")
    cable.pull()
    expect(page.locator(".notice.bad")).to_be_visible()
    cable.plugged = True
    expect(page.locator(".conn")).to_have_attribute("data-link", "live")


def test_an_address_that_is_none_leads_back(open_page) -> None:
    page = open_page("/servers/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such page")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Servers")
