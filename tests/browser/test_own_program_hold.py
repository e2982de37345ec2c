"""A program is paused from its page, a real client waits, and one step at a time lets it go on."""

import re
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_accessibility import violations

SERVER = """\
import socket

ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n"


def serve(client):
    request = client.recv(1024)
    client.sendall(ANSWER)
    client.close()


server = socket.create_server(("127.0.0.1", 0))
while True:
    client, peer = server.accept()
    serve(client)
"""
RECV, SEND, ACCEPT = 7, 8, 14


@pytest.fixture(scope="module")
def dashboard(lab_with: Any) -> Any:
    return lab_with({"server.py": SERVER})


@pytest.fixture
def name(dashboard: Any) -> str:
    """The program, running."""
    files = dashboard.api("GET", "/api/programs")
    named = [file["id"] for file in files["files"] if file["title"] == "server.py"]
    named += [one["name"] for one in files["programs"] if one["title"] == "server.py"]
    dashboard.serve(named[0])
    return str(named[0])


class Curl:
    """A real client of the program on the page."""

    def __init__(self, page: Page) -> None:
        place = page.locator(".sph .addr b").inner_text()
        command = ["curl", "-s", "-m", "300", f"http://{place}/"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def waits(self) -> bool:
        return self._process.poll() is None

    def answer(self) -> bytes:
        out, _ = self._process.communicate(timeout=300)
        return out


def next_step(page: Page) -> Locator:
    return page.locator(".hold .strip .next")


def line(page: Page, number: int) -> Locator:
    return page.locator(f'.code-lines [data-line="{number}"]')


def button(page: Page, label: str) -> Locator:
    return page.get_by_role("toolbar", name="Pause and step").get_by_role(
        "button", name=label, exact=True
    )


def test_a_client_waits_while_its_program_is_stepped_line_by_line(windows: Any, name: str) -> None:
    page = windows(f"/programs/{name}/code")
    button(page, "Pause").click()
    expect(page.locator(".pill").first).to_have_text("Paused")
    client = Curl(page)
    expect(next_step(page)).to_contain_text(f"server.py:{ACCEPT}")
    expect(line(page, ACCEPT)).to_have_class(re.compile("held-next"))
    expect(page.locator(".locals")).to_contain_text("ANSWER")
    button(page, "Step").click()
    expect(next_step(page)).to_contain_text(re.compile(r"recv\(\).*server.py:7.*B wait"))
    page.keyboard.press(".")
    expect(next_step(page)).to_contain_text(f"sendall() server.py:{SEND}")
    expect(line(page, RECV).locator(".counts")).to_contain_text("×1")
    assert client.waits()
    button(page, "Step").click()
    assert client.answer() == b"ok\n"
    page.locator("h1").click()
    page.keyboard.press("Space")
    expect(page.locator(".pill").first).to_have_text("Running")
    assert Curl(page).answer() == b"ok\n"


def test_until_it_sends_is_one_click(windows: Any, name: str) -> None:
    page = windows(f"/programs/{name}/console")
    expect(button(page, "Pause")).to_be_enabled()  # a key before that is none
    page.keyboard.press("Space")
    expect(page.locator(".pill").first).to_have_text("Paused")
    client = Curl(page)
    expect(next_step(page)).to_contain_text(f"server.py:{ACCEPT}")
    button(page, "Until it sends").click()
    expect(next_step(page)).to_contain_text(f"sendall() server.py:{SEND}")
    assert client.waits()
    button(page, "Resume").click()
    assert client.answer() == b"ok\n"


def test_a_click_on_a_number_pauses_there(windows: Any, name: str) -> None:
    page = windows(f"/programs/{name}/code")
    number = page.get_by_role("button", name=f"Breakpoint at line {SEND}")
    number.click()
    expect(number).to_have_attribute("aria-pressed", "true")
    client = Curl(page)
    expect(page.locator(".pill").first).to_have_text("Paused")
    expect(line(page, SEND)).to_have_class(re.compile("held-next"))
    expect(page.locator(".locals")).to_contain_text("request")
    assert client.waits()
    number.click()
    expect(number).to_have_attribute("aria-pressed", "false")
    button(page, "Resume").click()
    assert client.answer() == b"ok\n"


def test_one_page_holds_and_another_takes_over_by_name(windows: Any, name: str) -> None:
    first, second = windows(f"/programs/{name}/code"), windows(f"/programs/{name}/wire")
    second.evaluate("localStorage.setItem('sl.nick', 'Anya')")
    button(first, "Pause").click()
    expect(first.locator(".hold .price")).to_contain_text("this page")
    expect(second.locator(".hold .price")).to_contain_text("tab ")
    button(second, "Resume").click()
    expect(second.locator(".hold [role=alert]")).to_contain_text("tab ")
    second.get_by_role("button", name="Take over").click()
    expect(first.locator(".pill").first).to_have_text("Running")
    button(second, "Pause").click()
    expect(first.locator(".hold .price")).to_contain_text("Anya")
    second.context.close()
    expect(first.locator(".pill").first).to_have_text("Running")


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_axe_finds_nothing_on_a_paused_program(
    windows: Any, name: str, theme: str, width: int
) -> None:
    options = {"color_scheme": theme, "viewport": {"width": width, "height": 900}}
    page = windows(f"/programs/{name}/code", **options)
    page.locator(".brk summary").click()
    page.get_by_role("button", name="recv()").click()
    expect(page.get_by_role("button", name="recv()")).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []
    page.keyboard.press("Escape")
    client = Curl(page)
    expect(page.locator(".locals")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Console").click()
    expect(page.locator(".term")).to_be_visible()
    assert violations(page) == []
    page.locator(".brk summary").click()
    page.get_by_role("button", name="recv()").click()
    button(page, "Resume").click()
    assert client.answer() == b"ok\n"
    page.goto("/programs")
    expect(page.locator("article.own")).to_be_visible()
    assert violations(page) == []


def test_a_step_needs_a_pause_and_slow_motion_is_said(windows: Any, name: str) -> None:
    page = windows(f"/programs/{name}/console")
    expect(button(page, "Step")).to_have_attribute("aria-disabled", "true")
    expect(button(page, "Step")).to_have_attribute("title", "Pause the program first")
    page.get_by_role("radio", name="+100").click()
    expect(page.locator(".hold")).to_contain_text("Slow motion")
    page.get_by_role("radio", name="1×").click()
    expect(page.locator(".hold")).not_to_contain_text("Slow motion")


def test_the_labs_own_servers_are_held_by_the_same_bar(windows: Any, dashboard: Any) -> None:
    dashboard.start("hypotenuse")
    page = windows("/servers/hypotenuse/code")
    button(page, "Pause").click()
    expect(page.locator(".pill").first).to_have_text("Paused")
    with dashboard.connect("hypotenuse") as client:
        client.sendall(b'{"a": 3, "b": 4}\n')
        expect(next_step(page)).to_contain_text("accept()")
        button(page, "Resume").click()
        assert client.recv(100) == b"5.0\n"
    dashboard.stop("hypotenuse")
