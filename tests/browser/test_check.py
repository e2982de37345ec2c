"""A check in the browser: begun, watched, read in both languages, explained, done again slowly."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

GREETS = """\
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
while True:
    data, peer = server.recvfrom(1024)
    print(peer, data.decode())
    server.sendto(b"Hello client", peer)
"""
DECODE = 7
ECHO = """\
import socket

server = socket.create_server(("127.0.0.1", 0))
while True:
    client, peer = server.accept()
    with client:
        while data := client.recv(1024):
            client.sendall(data.upper())
"""
TITLE = "Bytes that are not text"
BEGIN = re.compile("^(Run the check|Check again)$")
CHECK_MS = 300_000


@pytest.fixture(scope="module")
def dashboard(lab_with: Any) -> Any:
    return lab_with({"greets.py": GREETS, "echo.py": ECHO})


@pytest.fixture(scope="module")
def names(dashboard: Any) -> dict[str, str]:
    files = dashboard.api("GET", "/api/programs")["files"]
    return {one["title"].removesuffix(".py"): one["id"] for one in files}


@pytest.fixture
def windows(windows: Any, dashboard: Any, names: dict[str, str]) -> Iterator[Any]:
    """No check is under way in the end."""
    yield windows
    for name in names.values():
        dashboard.api("DELETE", f"/api/programs/{name}/check")


@pytest.fixture
def reported(dashboard: Any, names: dict[str, str], eventually: Any) -> str:
    """A program with a report, which the first test that needs it makes."""
    name = names["greets"]
    path = f"/api/programs/{name}/check"
    if dashboard.api("GET", path)["report"] is None:
        dashboard.api("POST", path, {"task": "hello"})
        eventually(lambda: dashboard.api("GET", path)["report"], "a report", CHECK_MS / 1000)
    return name


def finding(page: Page) -> Any:
    return page.locator(".finding").filter(has_text="decode()").first


def test_a_check_is_begun_watched_and_still_there_after_a_reload(
    windows: Any, names: dict[str, str]
) -> None:
    page = windows(f"/programs/{names['greets']}/check")
    page.get_by_label("What the program is for").select_option("hello")
    page.get_by_role("button", name=BEGIN).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=CHECK_MS)
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    line = finding(page).get_by_role("link", name=f"greets.py:{DECODE}")
    expect(line).to_have_attribute("href", re.compile(rf"/code\?line=greets\.py%3A{DECODE}$"))
    expect(finding(page).get_by_role("img")).to_be_visible()
    expect(finding(page).locator("mark.bad").first).to_have_text("ff")
    page.reload()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.get_by_text("Passed").click()
    expect(page.get_by_text("answers-again")).to_be_visible()
    page.get_by_role("radio", name="RU").click()
    expect(page.get_by_role("heading", name="Байты")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="HTML").click()
    assert "Байты" in Path(saved.value.path()).read_text("utf-8")


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_the_report_and_its_lesson_are_read_by_everybody(
    windows: Any, reported: str, width: int, theme: str
) -> None:
    options = {"color_scheme": theme, "viewport": {"width": width, "height": 900}}
    page = windows(f"/programs/{reported}/check", **options)
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    frame = finding(page).get_by_role("group", name="What happened")  # by three sides
    assert frame.evaluate("one => one.scrollWidth <= one.clientWidth")
    for _ in range(2):
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["target"]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if "/lessons/" not in page.url:
            finding(page).get_by_role("link", name="See the lesson").click()
            expect(page.get_by_role("button", name="Do it again, slowly")).to_be_visible()


def test_a_probe_is_done_again_slowly_with_its_bytes_in_view(windows: Any, reported: str) -> None:
    page = windows(f"/lessons/decode-not-text?program={reported}")
    page.get_by_role("button", name="Do it again, slowly").click()
    expect(page).to_have_url(re.compile(rf"/programs/{reported}/wire$"))
    strip = page.get_by_role("status").filter(has_text=re.compile("Again, slowly|done again"))
    expect(strip).to_be_visible()
    expect(page.locator(".blocks .blk.in").first).to_be_visible()
    expect(page.get_by_text("It was done again.")).to_be_visible(timeout=CHECK_MS)
    expect(page.get_by_role("alert").filter(has_text="UnicodeDecodeError").first).to_be_visible()
    page.get_by_role("link", name="Back to the check").click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def test_one_that_runs_is_stopped_only_when_that_is_chosen(
    windows: Any, dashboard: Any, names: dict[str, str]
) -> None:
    name = names["echo"]
    view = dashboard.serve(name)
    page = windows(f"/programs/{name}/check")
    expect(page.get_by_text("Not checked yet.")).to_be_visible()
    page.get_by_label(re.compile("Check the one that runs")).check()
    page.get_by_role("button", name="Run the check").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile("^Cancelled"))).to_be_visible()
    assert dashboard.api("GET", f"/api/programs/{name}")["pid"] == view["pid"]
    page.get_by_label(re.compile("Stop it and check a copy")).check()
    page.get_by_role("button", name="Run the check").click()
    expect(page.locator("[data-state=stopped]").first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile("^Cancelled"))).to_be_visible()


def test_a_recorded_connection_becomes_the_conversation_of_a_check(
    windows: Any, dashboard: Any, names: dict[str, str]
) -> None:
    name = names["echo"]
    view = dashboard.serve(name)
    host, _, port = view["listening"][0].rpartition(":")
    with socket.create_connection((host, int(port)), 30) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"HELLO"
        peer = "{}:{}".format(*client.getsockname())
    page = windows(f"/programs/{name}/wire")
    page.locator(".streams").get_by_text(peer).click()
    expect(page.locator(".blocks .blk.out")).to_have_count(1)  # the answer is recorded
    with page.expect_download() as saved:
        page.get_by_label("Download").click()
        page.get_by_role("link", name="for check --talk").click()
    talk = json.loads(Path(saved.value.path()).read_text("utf-8"))
    assert talk["turns"] == [{"send": "hello", "answer": "HELLO"}]
    page.get_by_role("link", name="Check with this conversation").click()
    expect(page.get_by_text(f"The conversation recorded with {peer} is held.")).to_be_visible()
