"""A page whose dashboard is silent, or whose storage is blocked, decides by itself."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labservers.checks.patience import strain
from tests.browser.test_chat import ROOMS, enter, say

LOST_MS = 7_000
BACK_MS = 20_000
MOMENT_S = 2.0  # of silence
LOST_AFTER_MS = 4_000  # of silence
WHEN_HEARD = """
window.heard = [];
window.WebSocket = class extends WebSocket {
  constructor(...where) {
    super(...where);
    this.addEventListener("message", () => window.heard.push(performance.now()));
  }
};"""
LONGEST = """() => {
  const { heard } = window;
  return Math.max(...heard.map((at, index) => (heard[index + 1] ?? performance.now()) - at));
}"""
LOOKS = """(count) => new Promise((done) => {
  const looking = setInterval(() => {
    if (window.links.length < count) return;
    clearInterval(looking);
    done();
  }, 50);
})"""
BLOCKED = {
    "refused": "get() { throw new DOMException('blocked', 'SecurityError') }",
    "absent": "get() { return null }",
    "full": """get() { return {
        getItem: () => null,
        setItem() { throw new DOMException('full', 'QuotaExceededError') },
        removeItem() {},
    } }""",
}


def link(page: Page) -> Any:
    return expect(page.locator(".conn[data-link]"))


def test_a_frozen_dashboard_is_noticed_within_seconds_and_found_again(
    lab: Any, open_page: Any
) -> None:
    lab.start("chat")
    page = open_page(ROOMS)
    enter(page, "Anya")
    link(page).to_have_attribute("data-link", "live")
    draft = page.locator(".cmp input")
    draft.fill("half of a sen")
    with lab.frozen():
        link(page).to_have_attribute("data-link", "lost", timeout=LOST_MS * strain())
        room = page.locator(".room")
        expect(room).to_contain_text(
            "connection to the chat server is lost", timeout=LOST_MS * strain()
        )
        expect(room).to_contain_text("Next try in")
    link(page).to_have_attribute("data-link", "live", timeout=BACK_MS * strain())
    expect(page.locator(".room .conn")).to_contain_text("127.0.0.1:", timeout=BACK_MS * strain())
    expect(draft).to_have_value("half of a sen")
    expect(page.locator("[data-gap]")).to_have_count(0)  # nobody has said anything meanwhile
    say(page, "here again")
    expect(page.locator(".msg.me", has_text="here again")).to_contain_text("Echoed")
    expect(page.locator(".msg")).to_have_count(1)  # nothing is sent twice


def test_a_page_that_is_opened_while_the_dashboard_is_frozen_comes_alive(
    lab: Any, open_page: Any
) -> None:
    page = open_page("/")
    link(page).to_have_attribute("data-link", "live")
    with lab.frozen():
        link(page).to_have_attribute("data-link", "lost", timeout=LOST_MS * strain())
        page.get_by_role("button", name="Retry now").click()  # it connects, and nobody answers
        expect(page.locator(".notice.bad")).to_contain_text(
            "Next try in", timeout=LOST_MS * strain()
        )
    link(page).to_have_attribute("data-link", "live", timeout=BACK_MS * strain())


def test_a_moment_of_silence_is_not_a_loss(
    lab: Any, open_page: Any, eventually: Callable[..., Any]
) -> None:
    page = open_page("/", before=lambda page: page.add_init_script(WHEN_HEARD))
    link(page).to_have_attribute("data-link", "live")
    page.evaluate(
        """() => {
          window.links = [];
          const link = () => document.querySelector(".conn[data-link]").dataset.link;
          setInterval(() => window.links.push(link()), 50);
        }"""
    )

    def a_moment() -> bool:
        """False where it was longer than a moment, as on a busy machine: a loss then is right."""
        link(page).to_have_attribute("data-link", "live")
        page.evaluate("window.links.length = 0, window.heard.splice(0, window.heard.length - 1)")
        with lab.frozen():
            threading.Event().wait(MOMENT_S)
        page.evaluate(LOOKS, 100)
        links, silent_ms = page.evaluate("window.links"), page.evaluate(LONGEST)
        if silent_ms < LOST_AFTER_MS:
            assert set(links) == {"live"}
        return bool(silent_ms < LOST_AFTER_MS)

    eventually(a_moment, "a moment of silence that was no longer")


@pytest.mark.parametrize("how", BLOCKED)
def test_a_page_works_where_storage_is_blocked(lab: Any, open_page: Any, how: str) -> None:
    lab.start("chat")
    script = f"Object.defineProperty(window, 'localStorage', {{ {BLOCKED[how]} }})"
    page = open_page(ROOMS, before=lambda page: page.add_init_script(script))
    enter(page, "Anya")
    say(page, "hello")
    expect(page.locator(".msg.me")).to_contain_text("Echoed")
    theme = page.locator("html").get_attribute("data-theme")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("t")
    expect(page.locator("html")).not_to_have_attribute("data-theme", str(theme))
