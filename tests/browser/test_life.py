"""The lifecycle on a program's page: from the dashboard's table, with the moves that it made."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.supervision import lifecycle
from tests.browser.models import call

pytestmark = pytest.mark.browser
WIDTHS = (326, 480, 640, 900)


def edges(page: Page) -> dict[str, str]:
    """Each edge of the list, and when it was taken last."""
    cells = [row.split("\t") for row in page.locator(".g-life tbody tr").all_inner_texts()]
    return {" ".join(row[:3]): row[3] for row in cells}


def test_its_states_and_moves_are_drawn_and_listed(lab: Any, open_page: Any) -> None:
    page = open_page("/servers/hello/life")
    here = page.locator("svg.life .node.here")
    expect(here).to_have_text("Stopped")
    expect(page.locator("svg.life .node")).to_have_count(len(lifecycle.State))
    page.get_by_role("button", name="Start").click()
    expect(here).to_have_text("Running")
    moves = page.locator(".moves li")
    expect(moves.first).to_contain_text("ready")
    expect(page.locator("svg.life .way.newest")).to_have_count(1)
    words = page.locator("svg.life > text.open").all_text_contents()
    assert any(word.startswith("silent") for word in words)

    count = moves.count()
    page.reload()  # the dashboard keeps them
    expect(moves).to_have_count(count)
    page.get_by_text("All edges as a list").click()
    told = edges(page)
    assert len(told) == len(lifecycle.TRANSITIONS)
    assert told["Running silent Frozen"] == "–"
    assert told["Stopped start Starting"] != "–"
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(here).to_have_text("Stopped")
    expect(moves.first).to_contain_text("ended")

    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.locator("svg.life > text")).to_have_count(0)  # no room: the list has the words
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", WIDTHS)
def test_every_edge_of_the_table_is_in_the_picture(model: Page, width: int) -> None:
    table = lifecycle.as_shown()
    drawn = call(model, "life", "picture", table, width)
    told = {(a["from"], event, a["to"]) for a in drawn["arrows"] for event in a["events"]}
    assert told == {(edge["from"], edge["event"], edge["to"]) for edge in table["edges"]}
    for node in drawn["nodes"]:
        assert node["x"] - node["w"] / 2 >= 0
        assert node["x"] + node["w"] / 2 <= width
    boxes = {(node["x"], node["y"]) for node in drawn["nodes"]}
    assert len(boxes) == len(lifecycle.State)


def test_a_state_without_a_place_is_drawn_below(model: Page) -> None:
    table = {
        "states": ["STOPPED", "NEW"],
        "edges": [{"from": "STOPPED", "event": "start", "to": "NEW"}],
    }
    old, new = call(model, "life", "picture", table, 480)["nodes"]
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
