"""The overview: five cards, their states and their next steps."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.ports import free_port

NAMES = ("hello", "hypotenuse", "page", "chat", "subjects")


def card(page: Page, name: str) -> Locator:
    return page.locator(f'article[data-server="{name}"]')


def state(page: Page, name: str) -> Locator:
    return card(page, name).locator(".pill")


def test_the_first_frame_comes_with_the_page(lab, open_page) -> None:
    lab.start("hello")

    def mute(page: Page) -> None:
        def never_tell(socket: WebSocketRoute) -> None:
            # A sign of life: after seconds without one the link is lost.
            socket.on_message(lambda text: socket.send('{"type": "pong", "ping": 0}'))

        page.route_web_socket("**/ws/live", never_tell)

    page = open_page("/", before=mute)

    expect(page.locator("article[data-server]")).to_have_count(5)
    expect(state(page, "hello")).to_have_text("Running")
    expect(state(page, "chat")).to_have_text("Stopped")
    expect(page.locator(".conn")).to_have_attribute("data-link", "connecting")


def test_start_all_and_stop_all(lab, page: Page) -> None:
    expect(card(page, "hello")).to_contain_text("Will listen on")

    page.get_by_role("button", name="Start all").click()

    for name in NAMES:
        expect(state(page, name)).to_have_text("Running")
        expect(card(page, name)).to_contain_text(f"127.0.0.1:{lab.ports[name]}")
        expect(card(page, name)).to_contain_text(f"pid {lab.pid(name)}")
    expect(page.locator(".stat").first).to_have_text("Running5 / 5")
    expect(page.get_by_role("button", name="Start all")).to_have_attribute("aria-disabled", "true")
    for name in NAMES[1:]:  # the connection that checked it may be in its first figures
        expect(card(page, name).locator(".kv dd").first).to_have_text("0")

    page.get_by_role("button", name="Stop all").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    for name in NAMES:
        expect(state(page, name)).to_have_text("Stopped")
        expect(card(page, name)).to_contain_text("Last run")


def test_stop_all_asks_when_clients_are_connected(lab, page: Page) -> None:
    lab.start("chat")
    with lab.connect("chat") as client:
        client.sendall(b"7\n")
        expect(card(page, "chat").locator(".kv dd").first).to_have_text("1")

        page.get_by_role("button", name="Stop all").click()

        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("1 open connection will be closed")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("button", name="Stop all")).to_be_focused()
        expect(state(page, "chat")).to_have_text("Running")

        page.get_by_role("button", name="Stop all").click()
        dialog.get_by_role("button", name="Stop all").click()
        expect(state(page, "chat")).to_have_text("Stopped")


def deaf(page: Page) -> None:
    """The page hears the first snapshot and nothing after it but signs of life: a link that is
    lost would bring a snapshot again."""
    heard: list[str | bytes] = []

    def route(browser: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            alive = json.loads(message)["type"] == "pong"
            if alive or not heard:
                browser.send(message)
            if not alive:
                heard.append(message)

        browser.connect_to_server().on_message(pass_on)

    page.route_web_socket("**/ws/live", route)


def test_a_click_is_answered_at_once_and_the_pill_only_by_the_server(lab, open_page) -> None:
    page = open_page("/", before=deaf)
    expect(page.locator(".conn")).to_have_attribute("data-link", "live")

    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route("**/api/servers/hello/start*", hold)
    footer = card(page, "hello").locator("footer")
    with page.expect_request("**/api/servers/hello/start*"):
        footer.locator(".btn.pri").click()
    expect(footer.locator('[aria-busy="true"]')).to_be_visible()  # nobody has answered yet

    asked[0].continue_()
    lab.start("hello")
    expect(state(page, "hello")).to_have_text("Stopped")


def test_restart_takes_a_new_process(lab, page: Page) -> None:
    lab.start("hello")
    before = lab.pid("hello")
    expect(card(page, "hello")).to_contain_text(f"pid {before}")

    card(page, "hello").get_by_role("button", name="Restart").click()

    expect(card(page, "hello")).not_to_contain_text(f"pid {before}")
    expect(state(page, "hello")).to_have_text("Running")
    assert lab.pid("hello") != before


def test_a_killed_server_says_so_and_starts_again(lab, page: Page) -> None:
    lab.start("hypotenuse")
    expect(state(page, "hypotenuse")).to_have_text("Running")

    lab.signal("hypotenuse", signal.SIGKILL)

    expect(state(page, "hypotenuse")).to_have_text("Crashed")
    expect(card(page, "hypotenuse")).to_contain_text("Killed by SIGKILL after")
    expect(card(page, "hypotenuse")).to_contain_text(
        f"Nobody is listening on port {lab.ports['hypotenuse']} now."
    )
    expect(page.get_by_role("log", name="Activity")).to_contain_text("killed by SIGKILL")
    logs = card(page, "hypotenuse").get_by_role("link", name="Open logs")
    expect(logs).to_have_attribute("href", "/servers/hypotenuse/logs")

    card(page, "hypotenuse").get_by_role("button", name="Restart").click()
    expect(state(page, "hypotenuse")).to_have_text("Running")


def test_a_process_that_hangs_is_frozen_until_it_goes_on(lab, page: Page) -> None:
    lab.start("hello")
    lab.signal("hello", signal.SIGSTOP)

    expect(state(page, "hello")).to_have_text("Frozen")
    expect(card(page, "hello")).to_contain_text("does not react")
    expect(card(page, "hello").get_by_role("button", name="Kill now")).to_be_visible()

    lab.signal("hello", signal.SIGCONT)
    expect(state(page, "hello")).to_have_text("Running")


@contextlib.contextmanager
def foreign_program(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Another program that listens on a port."""
    program = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import socket,sys; s=socket.create_server(('127.0.0.1', int(sys.argv[1])));"
            "print('up', flush=True); sys.stdin.read()",
            str(port),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdout
    assert program.stdin
    assert program.stdout.readline() == b"up\n"
    try:
        yield program
    finally:
        program.communicate(timeout=30)


def test_a_port_in_use_names_its_owner_and_offers_a_free_one(lab, page: Page) -> None:
    port = lab.ports["page"]
    with foreign_program(port) as program:
        card(page, "page").get_by_role("button", name="Start", exact=True).click()

        expect(state(page, "page")).to_have_text("Port in use")
        expect(card(page, "page")).to_contain_text(f"Port {port} is already taken by")
        expect(card(page, "page")).to_contain_text(f"pid {program.pid}")
        expect(card(page, "page").locator(".cmd")).to_contain_text(f"sport = :{port}")

        free = card(page, "page").get_by_role("button", name=re.compile("Use free port"))
        other = re.search(r"\d+", free.inner_text())
        assert other
        free.click()
        expect(state(page, "page")).to_have_text("Running")
        expect(card(page, "page")).to_contain_text(f"127.0.0.1:{other.group()}")


def test_port_and_model_of_a_stopped_server_are_remembered(lab, page: Page) -> None:
    field = card(page, "hypotenuse").get_by_label("Port")
    port = free_port()
    field.fill(str(port))
    field.press("Tab")
    card(page, "hypotenuse").get_by_role("radio", name="One at a time").click()
    expect(card(page, "hypotenuse").locator(".meta")).to_contain_text("One blocking loop")

    page.reload()

    expect(field).to_have_value(str(port))
    expect(card(page, "hypotenuse").get_by_role("radio", name="One at a time")).to_be_checked()
    card(page, "hypotenuse").get_by_role("button", name="Start", exact=True).click()
    expect(card(page, "hypotenuse")).to_contain_text(f"127.0.0.1:{port}")
    assert lab.view("hypotenuse")["model"] == "blocking"


@pytest.mark.parametrize("typed", ["0", "65536", "123456", "port", ""])
def test_a_port_that_is_none_is_refused_beside_the_field(lab, page: Page, typed: str) -> None:
    field = card(page, "hello").get_by_label("Port")
    field.fill("")
    field.focus()
    page.keyboard.insert_text(typed)  # as a paste, which a field may cut; fill() is not
    card(page, "hello").get_by_role("button", name="Start", exact=True).click()

    expect(card(page, "hello").get_by_role("alert")).to_have_text(
        "A port is a number from 1 to 65535."
    )
    expect(field).to_have_value(typed)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(state(page, "hello")).to_have_text("Stopped")


def test_a_program_is_opened_to_the_network_alone_and_after_a_question(lab, page: Page) -> None:
    host = card(page, "page").get_by_label("Host")
    host.select_option("0.0.0.0")
    asked = page.get_by_role("dialog", name="Open HTTP page to the network?")
    expect(asked).to_contain_text("It will listen on 0.0.0.0")
    asked.get_by_role("button", name="Cancel").click()
    expect(host).to_have_value("127.0.0.1")
    assert lab.view("page")["settings"]["host"] == "127.0.0.1"

    host.select_option("0.0.0.0")
    asked.get_by_role("button", name="Open to the network").click()
    expect(card(page, "page")).to_contain_text("Others on the network can connect")
    expect(host).to_have_value("0.0.0.0")
    lab.start("page", "hypotenuse")
    expect(card(page, "page").get_by_text("open to the network")).to_be_visible()
    expect(state(page, "hypotenuse")).to_have_text("Running")
    expect(page.get_by_text("open to the network")).to_have_count(1)
    card(page, "page").get_by_role("link", name="HTTP page", exact=True).click()
    expect(page.locator(".sph").get_by_text("open to the network")).to_be_visible()


# Cancel, and the same choice again before the browser has told that the dialog was closed.
AGAIN = """async () => {
  const moment = async (so) => { for (let i = 0; i < 1000 && !so(); i += 1) await null; };
  const dialog = () => document.querySelector("dialog");
  dialog().querySelector("button[autofocus]").click();
  await moment(() => !dialog());
  const host = document.querySelector('article[data-server="page"] select');
  host.value = "0.0.0.0";
  host.dispatchEvent(new Event("change", { bubbles: true }));
  await moment(dialog);
  const first = dialog();
  await new Promise((done) => setTimeout(done, 0));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return first !== null && first === dialog();
}"""


def test_a_dialog_that_was_left_does_not_close_the_next_one(page: Page) -> None:
    card(page, "page").get_by_label("Host").select_option("0.0.0.0")
    asked = page.get_by_role("dialog", name="Open HTTP page to the network?")
    expect(asked).to_be_visible()
    assert page.evaluate(AGAIN)
    expect(asked).to_be_visible()
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)


def test_figures_follow_the_traffic(lab, page: Page) -> None:
    lab.start("hello")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(b"<img src=x onerror=alert(1)>", lab.address("hello"))
        assert client.recv(100) == b"Hello client"

    expect(card(page, "hello").locator(".last")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(card(page, "hello").locator(".last")).to_contain_text("Hello client")
    expect(card(page, "hello").locator(".kv dd").first).not_to_have_text("0")
    expect(card(page, "hello").locator(".kv")).to_contain_text(re.compile(r"Memory[\d.]+\sMB"))


def test_what_happens_is_told_newest_first(lab, page: Page) -> None:
    lab.start("hello")
    lab.stop("hello")
    entries = page.get_by_role("log", name="Activity").locator("li")
    expect(entries.nth(0)).to_contain_text("UDP hello · stopped")
    expect(entries.nth(1)).to_contain_text(f"UDP hello · running on port {lab.ports['hello']}")


def test_two_tabs_show_the_same(lab, open_page) -> None:
    first, second = open_page("/"), open_page("/")
    card(first, "hello").get_by_role("button", name="Start", exact=True).click()
    expect(state(second, "hello")).to_have_text("Running")
    card(second, "hello").get_by_role("button", name="Stop", exact=True).click()
    expect(state(first, "hello")).to_have_text("Stopped")


@pytest.mark.parametrize("width", [1280, 1440])
def test_cards_keep_their_height_and_nothing_sticks_out(lab, open_page, width: int) -> None:
    page = open_page("/?lang=ru", viewport={"width": width, "height": 900})
    heights = "all => all.map((one) => Math.round(one.getBoundingClientRect().height))"
    wide = """all => all.filter((one) => one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.outerHTML.slice(0, 80))"""
    before = page.locator(".card").evaluate_all(heights)
    lab.start("hello", "hypotenuse", "page", "chat", "subjects")
    expect(page.locator(".card.is-running")).to_have_count(5)
    assert page.locator(".card").evaluate_all(heights) == before
    assert not page.locator(".card :is(.addr, .kv, .last, footer)").evaluate_all(wide)
