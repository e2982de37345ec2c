"""The chat in real browsers, with netcat in the same room."""

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.widths import at_widths

ROOMS = "/servers/chat/rooms"


def enter(page: Page, name: str, room: str = "7") -> None:
    page.get_by_label("Nickname").fill(name)
    page.get_by_label("Room", exact=True).fill(room)
    page.keyboard.press("Enter")
    entered = page.locator(".room", has=page.get_by_label(f"Message to room {room}"))
    expect(entered.locator(".conn")).to_contain_text("127.0.0.1:")


def say(page: Page, text: str, room: str = "7") -> None:
    page.get_by_label(f"Message to room {room}").fill(text)
    page.keyboard.press("Enter")


@pytest.fixture
def netcat(lab: Any, need: Callable[[str], str]) -> Iterator[Callable[[str], Any]]:
    """netcat in a room, as somebody runs it in a terminal."""
    running: list[subprocess.Popen[bytes]] = []

    def join(room: str) -> subprocess.Popen[bytes]:
        _, port = lab.address("chat")
        process = subprocess.Popen(
            [need("ncat"), "127.0.0.1", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        running.append(process)
        assert process.stdin
        process.stdin.write(f"{room}\n".encode())
        process.stdin.flush()
        return process

    yield join
    for process in running:
        process.kill()
        with process:
            process.wait(30)


@pytest.mark.parametrize("text", ["\ufeff", "\x85", "\x1c \u3000"])
def test_blanks_alone_are_not_sent_and_the_page_says_so(
    lab: Any, open_page: Any, text: str
) -> None:
    lab.start("chat")
    page = open_page(ROOMS)
    enter(page, "Anya")
    say(page, text)
    expect(page.locator(".cmp .hint")).to_contain_text("Nothing but blanks")
    say(page, text + "seen")
    expect(page.locator(".msg.me")).to_have_count(1)
    expect(page.locator(".msg.me .rc")).to_have_text("Echoed by the server")


def test_a_nickname_of_as_many_characters_as_the_rule_allows_fits(lab: Any, open_page: Any) -> None:
    """Counted in characters: each of these takes two places of a JavaScript string."""
    lab.start("chat")
    page = open_page(ROOMS)
    nickname = page.get_by_label("Nickname")
    page.get_by_label("Room", exact=True).fill("7")
    nickname.focus()
    page.keyboard.insert_text("😀" * 33)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="at most 32 characters")).to_be_visible()
    nickname.press("Backspace")
    expect(nickname).to_have_value("😀" * 32)
    nickname.press("Enter")
    expect(page.locator(".room .conn")).to_contain_text("127.0.0.1:")


def test_two_browsers_and_netcat_in_one_room(lab: Any, open_page: Any, netcat: Any) -> None:
    lab.start("chat")
    anya, tom = open_page(ROOMS), open_page(ROOMS)
    enter(anya, "Anya")
    offered = tom.get_by_role("button", name="Join room 7: 1 person is there")
    offered.click()
    expect(tom.get_by_label("Nickname")).to_be_focused()
    expect(tom.get_by_role("alert")).to_contain_text("nickname is needed")
    tom.get_by_label("Nickname").fill("Том")
    offered.click()
    expect(tom.locator(".room .conn")).to_contain_text("127.0.0.1:")
    expect(offered).to_have_count(0)
    raw = netcat("7")
    expect(anya.locator(".tag", has_text="3 here")).to_be_visible()
    streams = open_page("/servers/chat/wire").locator(".streams")
    expect(streams).to_contain_text("3 connections were open before the first look")
    say(anya, "<b>hello</b> from the browser")
    own = anya.locator(".msg.me", has_text="<b>hello</b> from the browser")
    expect(own).to_contain_text("Echoed by the server")
    expect(tom.locator(".msg", has_text="<b>hello</b> from the browser")).to_contain_text("Anya")
    assert raw.stdout.readline() == b"Anya: <b>hello</b> from the browser\n"
    raw.stdin.write("я из netcat\n".encode())
    raw.stdin.flush()
    for page in (anya, tom):
        message = page.locator(".msg", has_text="я из netcat")
        expect(message).to_contain_text("nc :")
        expect(message.locator("b", has_text="nc :")).to_be_visible()
    expect(anya.locator(".msg b", has_text="hello")).to_have_count(0)
    tom.get_by_role("button", name="Leave").click()
    expect(anya.get_by_role("log")).to_contain_text("Том left")


def test_a_page_keeps_up_with_somebody_who_says_a_lot_at_once(
    lab: Any, open_page: Any, netcat: Any
) -> None:
    lab.start("chat")
    page, raw = open_page(ROOMS), netcat("7")
    enter(page, "Anya")
    expect(page.locator(".tag", has_text="2 here")).to_be_visible()  # the server has read the room
    own = page.locator(".room .conn").inner_text()
    raw.stdin.write(b"".join(b"line %d\n" % number for number in range(3_000)))
    raw.stdin.flush()
    expect(page.get_by_role("log")).to_contain_text("line 2999")
    texts = page.locator(".msg .tx").all_inner_texts()
    assert texts == [f"line {number}" for number in range(3_000)][-len(texts) :]
    say(page, "that was a lot")
    expect(page.locator(".msg.me")).to_contain_text("Echoed by the server")
    assert page.locator(".room .conn").inner_text() == own  # it has never been thrown out


def test_a_room_is_one_character_and_two_rooms_stand_side_by_side(lab: Any, open_page: Any) -> None:
    lab.start("chat")
    page = open_page(ROOMS)
    page.get_by_label("Nickname").fill("Anya")
    page.get_by_label("Room", exact=True).fill("77")
    expect(page.get_by_role("alert")).to_contain_text("exactly one character")
    enter(page, "Anya", "7")
    enter(page, "Anya", "Ж")
    expect(page.locator(".room:visible")).to_have_count(2)
    say(page, "only here", "Ж")
    expect(page.locator(".msg", has_text="only here")).to_have_count(1)
    page.get_by_role("switch").last.click()
    expect(page.locator(".raw")).to_contain_text("41 6e 79 61 3a 20 6f 6e 6c 79 20 68 65 72 65")


def test_a_stopped_server_is_said_and_the_draft_is_kept(lab: Any, open_page: Any) -> None:
    lab.start("chat")
    page = open_page(ROOMS)
    enter(page, "Anya")
    page.get_by_label("Message to room 7").fill("a draft")
    lab.stop("chat")
    expect(page.locator(".room")).to_contain_text("not running")
    expect(page.get_by_label("Message to room 7")).to_have_value("a draft")
    page.get_by_role("button", name="Start").first.click()
    expect(page.locator(".room .conn")).to_contain_text("127.0.0.1:")
    page.get_by_label("Message to room 7").press("Enter")
    expect(page.locator(".msg.me", has_text="a draft")).to_contain_text("Echoed")


def test_rooms_stay_connected_while_another_page_is_looked_at(lab: Any, open_page: Any) -> None:
    lab.start("chat")
    page = open_page(ROOMS)
    enter(page, "Anya")
    page.get_by_label("Message to room 7").fill("still typing")
    local = page.locator(".room .conn").inner_text()
    page.get_by_role("link", name="Overview").first.click()
    expect(page.locator("h1")).to_have_text("Servers")
    page.get_by_role("link", name="Chat", exact=True).first.click()
    expect(page.locator(".room .conn")).to_have_text(local)
    expect(page.get_by_label("Message to room 7")).to_have_value("still typing")


def test_exit_leaves_and_joining_again_works(lab: Any, open_page: Any) -> None:
    lab.start("chat")
    page = open_page(ROOMS)
    enter(page, "Anya")
    say(page, "exit")
    expect(page.locator(".room")).to_contain_text("You left room 7")
    page.get_by_role("button", name="Join again").click()
    expect(page.locator(".room .conn")).to_contain_text("127.0.0.1:")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chat_is_accessible_and_fits(lab: Any, open_page: Any, scheme: str) -> None:
    lab.start("chat")
    page = open_page(ROOMS, color_scheme=scheme, reduced_motion="reduce")
    enter(page, "Anya")
    say(page, "hello")
    expect(page.locator(".msg.me")).to_contain_text("Echoed")
    for _ in at_widths(page, 390, 1440):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_chat_in_russian(lab: Any, open_page: Any) -> None:
    lab.start("chat")
    page = open_page(ROOMS + "?lang=ru")
    page.get_by_label("Имя").fill("Аня")
    page.get_by_label("Комната", exact=True).fill("я")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("вы теперь здесь")


class CutLink:
    """Between a room's page and the dashboard, each connection anew: what was said may have come to
    the server (`had`: its echo is there), may have been lost (`lost`), or comes later (`later`),
    when the page is cut off. `whole`: nothing is done."""

    def __init__(self) -> None:
        self.fate = "whole"
        self._late: list[Any] = []

    def open(self, page: Page) -> None:
        page.route_web_socket("**/ws/chat", self._connected)

    def _connected(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        cut = [False]
        page.on_close(lambda code, reason: None)  # the server's end stays open

        def from_page(text: str | bytes) -> None:
            if "say" not in json.loads(text) or self.fate == "whole":
                server.send(text)
                return
            cut[0] = True
            if self.fate == "had":
                server.send(text)  # and cut off when its echo comes
                return
            if self.fate == "later":
                self._late.append(lambda: server.send(text))
            cut_off()

        def from_server(text: str | bytes) -> None:
            if not cut[0]:
                page.send(text)
            elif self.fate == "had" and "said" in json.loads(text):
                cut_off()

        def cut_off() -> None:
            page.close(code=4000, reason="cut")

        page.on_message(from_page)
        server.on_message(from_server)

    def let_come(self) -> None:
        while self._late:
            self._late.pop()()


def test_a_cut_leaves_each_message_in_the_room_once(lab: Any, open_page: Any, netcat: Any) -> None:
    lab.start("chat")
    raw, link = netcat("7"), CutLink()
    page = open_page(ROOMS, before=link.open)
    enter(page, "Anya")
    expect(page.locator(".room")).to_contain_text("you joined")  # its number is known from then on
    expect(page.locator(".tag", has_text="2 here")).to_be_visible()
    own = page.locator(".msg.me")

    def said_and_cut(text: str, fate: str, here: int) -> None:
        link.fate = fate
        say(page, text)
        expect(own.filter(has_text=text)).to_contain_text("Not confirmed")
        link.fate = "whole"
        expect(page.locator(".room .conn")).to_contain_text("127.0.0.1:")
        # The server has let the new connection in, beside the old ones.
        expect(page.locator(".tag", has_text=f"{here} here")).to_be_visible()

    said_and_cut("the server has had it", "had", 3)
    assert raw.stdout.readline() == b"Anya: the server has had it\n"
    expect(page.locator("[data-gap]")).to_contain_text("1 message was missed")
    said_and_cut("it comes later", "later", 4)
    link.let_come()
    expect(own.filter(has_text="it comes later")).to_contain_text("Echoed by the server")
    assert raw.stdout.readline() == b"Anya: it comes later\n"
    said_and_cut("it is lost", "lost", 5)
    own.filter(has_text="it is lost").get_by_role("button", name="Send again").click()
    expect(own.filter(has_text="it is lost")).to_contain_text("Echoed by the server")
    assert raw.stdout.readline() == b"Anya: it is lost\n"
    expect(own).to_have_count(3)
    expect(page.locator("[data-gap]")).to_have_count(1)
    say(page, "the end")
    assert raw.stdout.readline() == b"Anya: the end\n"  # and nothing has come twice
