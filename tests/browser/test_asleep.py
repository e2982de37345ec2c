"""A browser that sleeps while a program prints more than is kept for it."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

LINES = 20_000
FLOODS = f"""
import socket
server = socket.create_server(("127.0.0.1", 0))
print("ready")
server.accept()
for number in range({LINES}):
    print(number, "x" * 100)
print("done")
"""


@pytest.fixture(scope="module")
def dashboard(lab_with: Any) -> Any:
    return lab_with({"floods.py": FLOODS})


@contextlib.contextmanager
def asleep() -> Iterator[None]:
    """The browser's pages do nothing meanwhile; nothing may be asked of them."""
    below = psutil.Process().children(recursive=True)
    renderers = []
    for one in below:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            if "--type=renderer" in one.cmdline():
                one.suspend()
                renderers.append(one)
    try:
        yield
    finally:
        for one in renderers:
            one.resume()


def test_what_it_has_missed_is_said_and_what_is_true_now_is_shown(
    dashboard: Any, windows: Any, eventually: Any
) -> None:
    [file] = [
        f for f in dashboard.api("GET", "/api/programs")["files"] if f["title"] == "floods.py"
    ]
    path = f"/api/programs/{file['id']}"
    view = dashboard.serve(file["id"])
    page = windows(f"/programs/{file['id']}/logs")
    expect(page.locator(".logs")).to_contain_text("ready")
    host, _, port = view["listening"][0].rpartition(":")
    with asleep(), socket.create_connection((host, int(port))):
        eventually(lambda: dashboard.api("GET", path)["finished"], "it has printed all")
    expect(page.locator(".pill").first).to_have_attribute("data-state", "finished")
    page.get_by_label("Search").fill("done")
    page.get_by_role("switch", name="Only matches").click()
    expect(page.locator(".logs li").last).to_contain_text("done")
    expect(page.locator(".logs .gap").first).to_contain_text("left out")
