"""A tour of every page, its servers stopped and running: what there is to read and to use.

The tour was recorded in tour.json; a page that loses a heading, a field or a button shows here.
After a change that is meant: RECORD_TOUR=1 python -m pytest tests/browser/test_every_page.py
"""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

RECORDED = Path(__file__).with_name("tour.json")
# Of a server: a click is quicker than a page. The lines of its code are not the page's.
TABS = "nav.tabs a:not([href$='/code'])"
NAMES = ("hello", "hypotenuse", "page", "chat", "subjects")
PATIENCE_S = 20.0
REST_S = 1.0  # without a change: everything that loads late is there
AGE = re.compile(r"N:N$|N (ms|s|мс|с)$")  # of a task: how it is written depends on how old it is
LINE = re.compile(
    r"^\s*- (heading|link|button|tab|radio|textbox|searchbox|spinbutton|combobox|switch|checkbox"
    r"|columnheader|region|alert) ?(\"[^\"]*\")?(.*?):?$"
)


@pytest.fixture
def lab(make_lab: Any, tmp_path: Path) -> Iterator[Any]:
    """A dashboard without a past: a server that has stopped shows some of its last life."""
    lab = make_lab(tmp_path)
    yield lab
    lab.close()


def outcome(page: Page) -> list[str]:
    """Headings, regions and controls as a screen reader names them; figures are left out."""
    told: set[str] = set()
    for line in page.locator("main").aria_snapshot().splitlines():
        if found := LINE.match(line):
            role, name, state = found.groups()
            if name:
                disabled = " disabled" if "[disabled]" in state else ""
                figures = re.sub(r"[\d.,]+", "N", name[1:-1])
                told.add(f"{role} {AGE.sub('N s', figures)}{disabled}")
    return sorted(told)


def settled(page: Page, expected: list[str] | None) -> list[str]:
    """The outcome once it is the expected one; without any, once it has come to rest."""
    expect(page.locator("[data-link=live]")).to_be_visible()
    deadline = time.monotonic() + (PATIENCE_S if expected is None else 3 * PATIENCE_S)
    seen, same_since = outcome(page), time.monotonic()
    while seen != expected and time.monotonic() < deadline:
        if expected is None and time.monotonic() - same_since > REST_S:
            break
        before, seen = seen, outcome(page)
        if seen != before:
            same_since = time.monotonic()
    return seen


def tour(
    lab: Any, open_page: Any, language: str, recorded: dict[str, list[str]]
) -> dict[str, list[str]]:
    seen = {}
    page = open_page(f"/?lang={language}")
    for state in ("stopped", "running"):
        if state == "running":
            lab.start(*NAMES)
        for path in ("/", "/programs"):
            page.goto(f"{path}?lang={language}")
            seen[f"{state} {path}"] = settled(page, recorded.get(f"{state} {path}"))
        for name in NAMES:
            page.goto(f"/servers/{name}?lang={language}")
            page.locator(TABS).first.wait_for()
            for tab in page.locator(TABS).all():
                tab.click()
                place = f"{state} {urlsplit(page.url).path}"
                seen[place] = settled(page, recorded.get(place))
    return seen


def written(tours: dict[str, dict[str, list[str]]]) -> str:
    """As JSON with a line a page, so that a change shows as the pages that it touches."""
    languages = []
    for language, pages in tours.items():
        lines = [
            f"{json.dumps(name)}: {json.dumps(told, ensure_ascii=False)}"
            for name, told in pages.items()
        ]
        languages.append(f'"{language}": {{\n' + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(languages) + "\n}\n"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_has_what_it_had(lab: Any, open_page: Any, language: str) -> None:
    tours = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}
    if os.environ.get("RECORD_TOUR"):
        seen = tour(lab, open_page, language, {})
        RECORDED.write_text(written({**tours, language: seen}), "utf-8")
    else:
        seen = tour(lab, open_page, language, tours[language])
        changed = {page: told for page, told in seen.items() if told != tours[language].get(page)}
        assert changed == {page: tours[language].get(page) for page in changed}
