"""Programs of the user in the browser: found, started, typed at, read line by line, changed on disk."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

SERVER = """\
import socket
import threading

ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n"


def serve(client):
    request = client.recv(1024)
    client.sendall(ANSWER)
    client.close()


server = socket.create_server(("127.0.0.1", 0))
print("listening")
while True:
    client, peer = server.accept()
    threading.Thread(target=serve, args=(client,)).start()
"""
RECV, SEND, ACCEPT = 8, 9, 16
ASKS = """\
name = input("Your name: ")
print("hello,", name)
int(input("A number: "))
"""
SYNTAX = "print('one'\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    for name, text in {"server.py": SERVER, "asks.py": ASKS, "broken.py": SYNTAX}.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def dashboard(
    folder: Path, make_lab: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    lab = make_lab(tmp_path_factory.mktemp("own"), more={"SOCKETLAB_PROGRAMS": str(folder)})
    yield lab
    lab.close()


@pytest.fixture
def page(dashboard: Any, make_windows: Any, browser: Any) -> Iterator[Page]:
    windows = make_windows(browser, dashboard.url)
    yield windows("/programs")
    windows.close()
    for program in dashboard.api("GET", "/api/programs")["programs"]:
        dashboard.api("POST", f"/api/programs/{program['name']}/stop?wait=30")
        dashboard.api("DELETE", f"/api/programs/{program['name']}")
    assert windows.complaints == []


def start(page: Page, title: str) -> None:
    """A click on Start in the list leads to the program's console."""
    page.get_by_role("button", name=f"Start {title}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    expect(page).to_have_url(re.compile(r"/programs/\w+-\w{6}/console$"))


def address(page: Page) -> str:
    """Where the program of the page listens, as the page shows it."""
    place = page.locator(".sph .addr b")
    expect(place).to_be_visible()
    return place.inner_text()


def curl(place: str) -> bytes:
    command = ["curl", "-s", "-m", "60", f"http://{place}/"]
    return subprocess.run(command, capture_output=True, check=True, timeout=90).stdout


def line(page: Page, number: int) -> Any:
    return page.locator(f'.code-lines [data-line="{number}"]')


def test_from_the_list_to_the_lines_that_a_client_made_run(page: Page) -> None:
    start(page, "server.py")
    expect(page.locator(".pill").first).to_have_text("Running")
    expect(page.locator(".term .log")).to_contain_text("listening")
    place = address(page)
    for _ in range(3):
        assert curl(place) == b"ok\n"
    page.get_by_role("navigation", name="server.py").get_by_role("link", name="Code").click()
    expect(line(page, SEND)).to_contain_text("client.sendall(ANSWER)")
    expect(line(page, RECV).locator(".counts")).to_contain_text("×3")
    expect(line(page, SEND).locator(".counts .c-out")).to_have_text("180\u00a0B")
    expect(line(page, ACCEPT).locator(".standing")).to_contain_text("MainThread")
    line(page, SEND).locator(".counts").click()
    expect(page).to_have_url(re.compile(rf"/wire\?line=server.py%3A{SEND}$"))


def test_a_program_that_asks_is_answered_and_told_of_its_end(page: Page) -> None:
    start(page, "asks.py")
    expect(page.locator(".pill").first).to_have_text("Waiting for input")
    field = page.get_by_label("Type to the program")
    expect(field).to_have_attribute("placeholder", "Your name: ")
    field.fill("Оля <b>")
    field.press("Enter")
    expect(page.locator(".term .log")).to_contain_text("hello, Оля <b>")
    expect(page.locator(".term .t-input")).to_have_text("Оля <b>")
    field.press("ArrowUp")
    expect(field).to_have_value("Оля <b>")
    field.press("Enter")
    expect(page.locator(".pill").first).to_have_text("Crashed")
    expect(page.locator(".term .log")).to_contain_text("ended with code 1")
    expect(field).to_have_attribute("placeholder", "The program is not running")
    page.locator(".term .log a").filter(has_text="asks.py").click()
    expect(page).to_have_url(re.compile(r"/code\?line=asks.py%3A3$"))
    expect(line(page, 3)).to_have_class(re.compile("here"))


def test_control_c_interrupts(page: Page) -> None:
    start(page, "asks.py")
    field = page.get_by_label("Type to the program")
    expect(page.locator(".pill").first).to_have_text("Waiting for input")
    expect(field).to_have_attribute("placeholder", "Your name: ")  # the console is connected
    field.press("Control+c")
    expect(page.locator(".term .log")).to_contain_text("KeyboardInterrupt")
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


def test_end_of_input_is_a_button(page: Page) -> None:
    start(page, "asks.py")
    expect(page.locator(".pill").first).to_have_text("Waiting for input")
    field = page.get_by_label("Type to the program")
    expect(field).to_have_attribute("placeholder", "Your name: ")  # the console is connected
    page.get_by_role("button", name="^D: end of input").click()
    expect(page.locator(".term .log")).to_contain_text("EOFError")


def test_a_saved_file_is_run_anew_where_that_is_wanted(page: Page, folder: Path) -> None:
    start(page, "server.py")
    expect(page.locator(".term .log")).to_contain_text("listening")
    page.get_by_role("switch", name="Restart on save").click()
    expect(page.get_by_role("switch", name="Restart on save")).to_be_checked()
    try:
        (folder / "server.py").write_text(SERVER.replace('"listening"', '"a newer one"'))
        expect(page.locator(".term .log")).to_contain_text("a newer one")
    finally:
        page.get_by_role("switch", name="Restart on save").click()
        expect(page.get_by_role("switch", name="Restart on save")).not_to_be_checked()
        (folder / "server.py").write_text(SERVER)
    changed = page.get_by_role("button", name="Changed, restart")
    expect(changed).to_be_visible()
    changed.click()
    expect(page.locator(".term .log")).to_contain_text("listening")
    expect(changed).to_have_count(0)


def test_a_file_that_python_does_not_read_says_where(page: Page) -> None:
    start(page, "broken.py")
    expect(page.locator(".trouble")).to_contain_text("Python does not understand this file.")
    expect(page.locator(".trouble")).to_contain_text("broken.py:1")
    page.goto("/")
    card = page.locator("article.own").filter(has_text="broken.py")
    expect(card.locator(".pill")).to_have_text("Did not start")
    card.get_by_role("button", name="Take off this page; the file stays").click()
    expect(card).to_have_count(0)
    expect(page.get_by_role("button", name="Start broken.py")).to_be_visible()


def test_a_client_stands_beside_its_server(page: Page) -> None:
    start(page, "server.py")
    address(page)
    page.get_by_label("Beside it").select_option(label="asks.py")
    second = page.get_by_role("region", name="Console, asks.py")
    second.get_by_role("button", name="Start", exact=True).click()
    expect(second.locator(".log")).to_contain_text("Your name:")
    second.get_by_label("Type to the program").fill("Tom")
    page.keyboard.press("Enter")
    expect(second.locator(".log")).to_contain_text("hello, Tom")
    first = page.get_by_role("region", name="Console, server.py")
    expect(first.locator(".log")).not_to_contain_text("hello")


def test_arguments_and_python_are_remembered_for_the_next_start(page: Page, folder: Path) -> None:
    (folder / "arguments.py").write_text("import sys\nprint(sys.argv[1:])\n")
    page.reload()
    page.get_by_role("button", name="Start arguments.py").click()
    expect(page.locator(".pill").first).to_have_text("Finished")
    held: list[Route] = []
    page.route("**/settings", lambda route: held.append(route))
    page.get_by_role("textbox", name="Arguments").fill("one 'two three'")
    with page.expect_request("**/settings"):
        page.get_by_role("textbox", name="Arguments").press("Enter")
    page.get_by_role("button", name="Start again").click()  # faster than the arguments
    held[0].continue_()
    expect(page.locator(".term .log")).to_contain_text("['one', 'two three']")
    page.reload()
    expect(page.get_by_role("textbox", name="Arguments")).to_have_value("one 'two three'")


def test_pythons_of_one_version_are_told_apart_by_their_paths(page: Page, folder: Path) -> None:
    pythons = [
        {"path": "/a/bin/python3", "version": "3.12.1"},
        {"path": "/b/bin/python3", "version": "3.12.1"},
        {"path": "/c/bin/python3", "version": "3.13.0"},
    ]
    answer = {"programs": [], "files": [], "pythons": pythons}
    page.route("**/api/programs", lambda route: route.fulfill(json=answer))
    (folder / "arguments.py").write_text("print()\n")
    page.reload()
    page.get_by_role("button", name="Start arguments.py").click()
    options = page.get_by_label("Python", exact=True).locator("option")
    expect(options.filter(has_text=re.compile(r"^Python 3\.1[23]"))).to_have_text(
        ["Python 3.12.1 · /a/bin/python3", "Python 3.12.1 · /b/bin/python3", "Python 3.13.0"]
    )
