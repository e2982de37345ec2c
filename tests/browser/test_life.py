"""The lifecycle on a program's page: from the dashboard's table, with the moves that it made."""

import itertools
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.supervision import lifecycle
from tests.browser.models import call
from tests.browser.widths import at_widths

pytestmark = pytest.mark.browser
WIDTHS = (326, 480, 640, 900)
REM = 16
OF_RUNNING = 5  # edges


def edges(page: Page) -> dict[str, str]:
    """Each edge of the list, and when it was taken last."""
    cells = [row.split("\t") for row in page.locator(".g-life tbody tr").all_inner_texts()]
    return {" ".join(row[:3]): row[3] for row in cells}


def apart(one: dict[str, float], other: dict[str, float], axis: str, size: str) -> bool:
    return abs(one[axis] - other[axis]) >= (one[size] + other[size]) / 2


def within(node: dict[str, float], x: float, y: float) -> bool:
    return abs(x - node["x"]) < node["w"] / 2 and abs(y - node["y"]) < node["h"] / 2


def test_its_states_and_moves_are_drawn_and_listed(lab: Any, open_page: Any) -> None:
    page = open_page("/servers/hello/life")
    here = page.locator(".life .node.here")
    expect(here).to_contain_text("Stopped")
    expect(page.locator(".life .node")).to_have_count(len(lifecycle.State))
    page.get_by_role("button", name="Start").first.click()
    expect(here).to_contain_text("Running")
    expect(here).to_contain_text(" · ")
    moves = page.locator(".moves li")
    expect(moves.first).to_contain_text("ready")
    expect(page.locator(".life .way.came")).to_have_count(1)
    expect(page.locator(".life .way.open")).to_have_count(OF_RUNNING)
    expect(page.locator(".life .node.open", has_text="Frozen")).to_contain_text("silent")

    count = moves.count()
    page.reload()  # the dashboard keeps them
    expect(moves).to_have_count(count)
    page.get_by_text("All edges as a list").click()
    told = edges(page)
    assert len(told) == len(lifecycle.TRANSITIONS)
    assert told["Failed start Starting"] == "–"
    assert told["Stopped start Starting"] != "–"
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(here).to_contain_text("Stopped")
    expect(moves.first).to_contain_text("ended")

    for width in at_widths(page, 390):
        expect(page.locator(".life .node").last).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_edge_of_the_table_is_in_the_picture(model: Page, width: int) -> None:
    table = lifecycle.as_shown()
    drawn = call(model, "life", "picture", table, width, REM)
    told = {(a["from"], event, a["to"]) for a in drawn["arrows"] for event in a["events"]}
    assert told == {(edge["from"], edge["event"], edge["to"]) for edge in table["edges"]}
    for node in drawn["nodes"]:
        assert node["x"] - node["w"] / 2 >= 0
        assert node["x"] + node["w"] / 2 <= width
    for one, other in itertools.combinations(drawn["nodes"], 2):
        assert apart(one, other, "x", "w") or apart(one, other, "y", "h")


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_meets_a_box_that_it_does_not_lead_to(model: Page, width: int) -> None:
    drawn = call(model, "life", "picture", lifecycle.as_shown(), width, REM)
    for arrow in drawn["arrows"]:
        (x0, y0), (x1, y1) = [map(float, point.split()) for point in arrow["d"][1:].split("L")]
        way = [(x0 + (x1 - x0) * step / 50, y0 + (y1 - y0) * step / 50) for step in range(51)]
        for node in drawn["nodes"]:
            if node["state"] not in (arrow["from"], arrow["to"]):
                assert not any(within(node, x, y) for x, y in way), (arrow["from"], arrow["to"])


def test_a_state_without_a_place_is_drawn_below(model: Page) -> None:
    table = {
        "states": ["STOPPED", "NEW"],
        "edges": [{"from": "STOPPED", "event": "start", "to": "NEW"}],
    }
    old, new = call(model, "life", "picture", table, 480, REM)["nodes"]
    assert new["y"] > old["y"]


def test_what_ran_is_brought_back_where_it_is_switched_on(lab: Any, open_page: Any) -> None:
    first, second = open_page("/"), open_page("/")
    switch = first.get_by_role("switch", name="Bring back what ran")
    expect(switch).not_to_be_checked()
    switch.click()
    for page in (first, second):
        expect(page.get_by_role("switch", name="Bring back what ran")).to_be_checked()
    switch.click()
    expect(second.get_by_role("switch", name="Bring back what ran")).not_to_be_checked()
