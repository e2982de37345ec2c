"""The event loop's board in a real browser: the lanes move when clients come."""

import http.client
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.widths import at_widths

LOOP = "/servers/subjects/loop"
CROWDS = {50: re.compile(r"^[45]\d$"), 1_000: re.compile(r"^[5-9]\d\d$|^1,0\d\d$")}
ROWS = 50  # of the table of tasks


def lane(page: Page, name: str) -> Locator:
    return page.locator(f'[data-lane="{name}"] header .n')


def held(page: Page) -> int:
    """The tasks of a loop that is paused."""
    texts = [lane(page, name).inner_text() for name in ("ready", "reading")]
    return sum(int(text.replace(",", "")) for text in texts)


def hold_clients(lab: Any, page: Page, eventually: Callable[..., Any], count: int) -> None:
    """Send clients and hold the loop while they wait to be read. They leave after seconds: where a
    busy machine has not seen or held them by then, others are sent."""
    reading, told = lane(page, "reading"), page.locator(".prog", has_text=f"of {count:,} clients")

    def seen_or_gone() -> bool:
        seen = CROWDS[count].match(reading.inner_text())
        return bool(seen) or lab.view("subjects")["experiment"] is None

    def are_held() -> bool:
        expect(reading).to_have_text("1")
        with page.expect_response("**/api/experiments/subjects"):
            page.get_by_role("button", name=f"Send {count:,} clients").click()
        eventually(seen_or_gone, "the clients come")
        lab.api("POST", "/api/servers/subjects/loop", {"action": "pause"})
        expect(page.locator(".strip.warn")).to_be_visible()
        if held(page) > 0.4 * count and told.count():
            return True
        let_go(lab)
        return False

    eventually(are_held, f"{count} clients wait to be read")


def let_go(lab: Any) -> None:
    lab.api("POST", "/api/servers/subjects/loop", {"action": "resume"})
    lab.api("DELETE", "/api/experiments/subjects")  # they may just have left by themselves


def test_fifty_clients_move_the_lanes(
    lab: Any, open_page: Any, eventually: Callable[..., Any]
) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    # Held, they stay as long as all that is looked at takes.
    hold_clients(lab, page, eventually, 50)
    expect(page.locator('[data-lane="reading"] .tok').first).to_be_visible()
    expect(page.locator('[data-yield="reading"][data-count="1"]').first).to_be_visible()
    # On a busy machine some have left again before the loop is held; each of the others has a row.
    rows = page.locator("tbody tr")
    eventually(lambda: rows.count() == min(ROWS, held(page)) > 20, "a row for each task")
    expect(page.locator("tbody")).to_contain_text("GET /subjects/")
    let_go(lab)
    expect(lane(page, "reading")).to_have_text("1")


def test_a_thousand_clients_are_squares_with_exact_counts(
    lab: Any, open_page: Any, eventually: Callable[..., Any]
) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    hold_clients(lab, page, eventually, 1_000)
    expect(page.locator('[data-lane="reading"] canvas')).to_be_visible()
    expect(page.locator('[data-lane="reading"] .cap')).to_contain_text("1 square =")
    let_go(lab)
    expect(lane(page, "reading")).to_have_text("1")


def test_a_slow_client_waits_to_be_read_and_holds_up_nobody(lab: Any, open_page: Any) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    page.get_by_role("button", name="Slow client").click()
    expect(lane(page, "reading")).to_have_text("2")
    client = http.client.HTTPConnection(*lab.address("subjects"), timeout=30)
    client.request("GET", "/subjects/1")
    assert client.getresponse().status == 200
    client.close()
    page.get_by_role("button", name="Stop the clients").click()
    expect(lane(page, "reading")).to_have_text("1")


def test_the_loop_is_paused_stepped_and_resumed(
    lab: Any, open_page: Any, eventually: Callable[..., Any]
) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status").filter(has_text="The loop is paused")).to_be_visible()
    client = http.client.HTTPConnection(*lab.address("subjects"), timeout=30)
    client.request("GET", "/subjects/1")
    expect(lane(page, "ready")).to_have_text("1")
    page.get_by_role("button", name="Step").click()
    expect(lane(page, "reading")).to_have_text("1")  # the listener waits again
    page.get_by_role("button", name="Tick").click()
    page.get_by_role("button", name="Resume").first.click()
    assert client.getresponse().status == 200
    client.close()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_keys_pause_step_and_slow_the_loop(lab: Any, open_page: Any) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    expect(lane(page, "reading")).to_have_text("1")
    page.keyboard.press("-")
    expect(page.get_by_role("radio", name="+100 ms")).to_be_checked()
    expect(page.locator(".strip")).to_contain_text("rests 100 ms between two ticks")
    page.keyboard.press("+")
    expect(page.get_by_role("radio", name="1×")).to_be_checked()
    page.keyboard.press(" ")
    expect(page.locator(".strip")).to_contain_text("The loop is paused")
    for button in ("Step", "Tick"):
        expect(page.get_by_role("button", name=button)).not_to_have_attribute(
            "aria-disabled", "true"
        )
    page.keyboard.press(".")
    page.keyboard.press(" ")
    expect(page.locator(".strip")).to_contain_text("Every task is a generator")


def test_the_board_stays_where_it_is(
    lab: Any, open_page: Any, eventually: Callable[..., Any]
) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    expect(page.locator('[data-yield="reading"][data-count="1"]')).to_be_visible()
    box = page.locator(".board").bounding_box()
    hold_clients(lab, page, eventually, 50)
    expect(page.locator(".strip.warn")).to_be_visible()
    assert page.locator(".board").bounding_box() == box
    page.get_by_role("button", name="Resume").first.click()
    lab.api("DELETE", "/api/experiments/subjects")


def test_pointing_at_a_chart_shows_the_same_moment_in_all(
    lab: Any, open_page: Any, eventually: Callable[..., Any]
) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    plots = page.locator(".chart .u-over")
    expect(plots).to_have_count(4)
    box = plots.nth(1).bounding_box()
    assert box

    def told_in_all() -> bool:
        for step in (9, 5):
            plots.nth(1).hover(position={"x": box["width"] - step, "y": 20})
        return page.locator(".ck h2 b").count() == 4

    eventually(told_in_all, "the plots have taken in figures of this moment")
    page.locator("h1").hover()
    expect(page.locator(".ck h2 b")).to_have_count(0)


def test_a_stopped_server_is_said_with_a_start_button(lab: Any, open_page: Any) -> None:
    page = open_page(LOOP)
    expect(page.locator(".empty")).to_contain_text("Each task is seen here live")
    expect(page.locator(".empty")).to_contain_text("Async HTTP is not running")
    page.locator(".empty").get_by_role("button", name="Start").click()
    expect(lane(page, "reading")).to_have_text("1")


def test_the_text_summary_is_there_for_screen_readers(lab: Any, open_page: Any) -> None:
    lab.start("subjects")
    page = open_page(LOOP)
    expect(page.locator("p.sr[role=status]")).to_contain_text("waiting to read 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_is_accessible_and_fits(lab: Any, open_page: Any, scheme: str) -> None:
    lab.start("subjects")
    page = open_page(LOOP, color_scheme=scheme, reduced_motion="reduce")
    for _ in at_widths(page, 390, 1024, 1440):
        expect(lane(page, "reading")).to_have_text("1")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_board_in_russian(lab: Any, open_page: Any) -> None:
    lab.start("subjects")
    page = open_page(LOOP + "?lang=ru")
    expect(page.locator('[data-lane="reading"] h2')).to_have_text("Ждут чтения")
    expect(lane(page, "reading")).to_have_text("1")
