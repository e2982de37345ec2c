"""Loops that the user has written, or asyncio's, in the same view as the lab's own."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import violations

PROGRAMS = Path(__file__).resolve().parents[1] / "programs/loops"
ECHO = Path(__file__).resolve().parents[2] / "bench/peers/echo_loop.py"
MANY = 5_000


@pytest.fixture(scope="module")
def dashboard(lab_with: Any) -> Any:
    loops = {file.name: file.read_text("utf-8") for file in PROGRAMS.glob("*.py")}
    return lab_with({**loops, "echoes.py": ECHO.read_text("utf-8")})


@pytest.fixture
def clients() -> Iterator[Any]:
    with ExitStack() as all_of_them:

        def client(port: int, data: bytes) -> socket.socket:
            sock = all_of_them.enter_context(socket.create_connection(("127.0.0.1", port), 30))
            sock.sendall(data)
            return sock

        yield client


def start(
    dashboard: Any, eventually: Any, title: str, arguments: str = "0 0", ports: int = 1
) -> tuple[str, int]:
    """Start a program that listens on so many ports; its name and its last port."""
    listed = dashboard.api("GET", "/api/programs")
    names = {one["title"]: one["id"] for one in listed["files"]}
    names |= {one["title"]: one["name"] for one in listed["programs"]}
    path = f"/api/programs/{names[title]}"
    dashboard.api("POST", f"{path}/start?wait=30", {"arguments": arguments})

    def listening() -> Any:
        found = dashboard.api("GET", path)["listening"]
        return found if len(found) == ports else None

    address = eventually(listening, "it listens")[-1]
    return names[title], int(address.rpartition(":")[2])


def lane(page: Page, name: str) -> Any:
    return page.locator(f'.lane[data-lane="{name}"] header .n')


def test_a_scheduler_of_generators(
    dashboard: Any, windows: Any, clients: Any, eventually: Any
) -> None:
    name, port = start(dashboard, eventually, "scheduler.py")
    page: Page = windows(f"/programs/{name}")
    page.get_by_role("link", name="Event loop").and_(page.locator(".tabs a")).click()
    idle = clients(port, b"")
    clients(port, b"sleep\n")
    expect(lane(page, "reading")).to_have_text("2")
    expect(lane(page, "sleeping")).to_have_text("1")
    chip = page.locator(".runbox .l", has_text='yield "sleep", 60').locator(".susp")
    expect(chip).to_have_attribute("data-count", "1")
    expect(page.locator(".gate")).to_contain_text("epoll_wait()")
    row = page.locator(".tasks-rows tbody tr", has_text=str(idle.getsockname()[1]))
    expect(row).to_contain_text("scheduler.py:46")
    clients(port, b"block\n")
    expect(page.locator('.warns [data-kind="step"]')).to_contain_text("scheduler.py:53")
    assert violations(page) == []
    page.get_by_role("button", name="Pause", exact=True).click()
    page.locator(".lane-reading .tok", has_text=f":{idle.getsockname()[1]}").click()
    expect(page.locator(".fcard")).to_contain_text("conn")
    expect(page.locator(".tok.chosen .i")).to_have_css("position", "static")
    listener = page.locator(".tasks-rows").get_by_role("button", name="#1", exact=True)
    listener.press("Enter")
    expect(listener).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".fcard h2")).to_contain_text("#1")


def test_tasks_of_asyncio(dashboard: Any, windows: Any, clients: Any, eventually: Any) -> None:
    name, port = start(dashboard, eventually, "streams.py", ports=2)
    page: Page = windows(f"/programs/{name}")
    page.get_by_role("link", name="Event loop").and_(page.locator(".tabs a")).click()
    clients(port, b"hold\n")
    expect(lane(page, "sleeping")).to_have_text("1")
    clients(port, b"one\n")
    expect(lane(page, "waiting")).to_have_text("2")
    expect(page.locator(".runbox")).to_contain_text("await asyncio.sleep(60)")
    expect(page.locator(".notice", has_text="task of asyncio")).to_be_visible()


def test_a_loop_of_callbacks(dashboard: Any, windows: Any, clients: Any, eventually: Any) -> None:
    name, port = start(dashboard, eventually, "callbacks.py")
    page: Page = windows(f"/programs/{name}")
    page.get_by_role("link", name="Event loop").and_(page.locator(".tabs a")).click()
    clients(port, b"")
    clients(port, b"wait\n")
    expect(lane(page, "reading")).to_have_text("2")
    expect(lane(page, "writing")).to_have_text("1")
    expect(page.locator(".notice", has_text="it calls back")).to_be_visible()
    tabs = page.locator(".tabs a")
    tabs.filter(has_text="Connections").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_five_thousand_live_connections(
    dashboard: Any, windows: Any, clients: Any, eventually: Any
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3 * MANY:
        pytest.skip(f"a process may have {hard} descriptors here")
    name, port = start(dashboard, eventually, "echoes.py")
    page: Page = windows(f"/programs/{name}/console")
    page.get_by_role("link", name="Event loop").and_(page.locator(".tabs a")).click()
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        crowd = [clients(port, b"") for _ in range(MANY)]
        expect(lane(page, "reading")).to_have_text(f"{MANY + 1:,}")
        expect(page.locator('.lane[data-lane="reading"] canvas')).to_be_visible()
        for one in (crowd[0], crowd[-1]):
            one.sendall(b"still there?")
            assert one.recv(100) == b"still there?"
        expect(page.locator(".tasks-rows ~ .under")).to_contain_text(f"of {MANY + 1:,}")
        page.locator(".tabs a").filter(has_text="Connections").click()
        expect(page.locator("tbody tr")).to_have_count(199)
        page.locator(".tabs a").filter(has_text="Event loop").click()
        for one in crowd:
            one.close()
        expect(lane(page, "reading")).to_have_text("1")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
