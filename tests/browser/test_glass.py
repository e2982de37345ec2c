"""Wire, threads and crashes as a reader sees them; the live feed is the test's own."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from labservers.checks.patience import strain
from tests.browser.scripted import Feed, base64_of, lock, point, program, stream, thread

HELLO = "Оля: привет\n".encode()
CRASH = {
    "at": 1,
    "thread": "Thread-2",
    "main": False,
    "exception": "UnicodeDecodeError",
    "message": "'utf-8' codec can't decode byte 0xe9",
    "line": "server.py:24",
    "source": "text = data.decode()",
    "stack": [["server.py:60", "main", "serve(client)"], ["server.py:24", "serve", "decode()"]],
    "locals": {"data": "b'caf\\xe9'"},
    "received": base64_of(b"caf\xe9 au lait"),
    "id": 4,
    "peer": "127.0.0.1:53122",
    "bad": 3,
    "swallowed": False,
}
ENOUGH_S = 3.0  # a picture of thousands is drawn within this, on a machine that has the time


@pytest.fixture(scope="module")
def windows(make_windows: Any, browser: Any, dashboard: Any) -> Iterator[Any]:
    windows = make_windows(browser, dashboard.url)
    yield windows
    windows.close()
    assert windows.complaints == []


@pytest.fixture
def watch(windows: Any) -> Callable[..., tuple[Page, Feed]]:
    """A page of a program with a feed: watch("wire", "?stream=4", crashes=[...])."""

    def watched(tab: str, query: str = "", path: str = "/", **more: Any) -> tuple[Page, Feed]:
        options = more.pop("options", {})
        feed = Feed(program(**more))
        page: Page = windows(path, before=feed.open, **options)
        feed.tab(tab, query)
        return page, feed

    return watched


def talk(feed: Feed) -> None:
    feed.streams(stream(1, None), stream(3, "127.0.0.1:53310"), stream(4, "127.0.0.1:53318"))
    feed.points(
        point(1, "recv", 3, HELLO, waited_us=3_200_000),
        point(2, "send", 3, HELLO, line="server.py:41", function="broadcast"),
        point(3, "send", 4, HELLO, line="server.py:41", function="broadcast"),
        point(4, "recv", 4, b"caf\xe9 GET", thread="Thread-2"),
        point(9, "recv", 4, thread="Thread-2"),
        point(10, "recv", 3, error="ConnectionResetError"),
    )


STUCK = [
    {"thread": "left", "line": "a.py:13", "lock": "Lock", "held_by": "right", "taken": "a.py:11"},
    {"thread": "right", "line": "a.py:13", "lock": "Lock", "held_by": "left", "taken": "a.py:12"},
]


def test_a_deadlock_is_said_on_the_card_and_on_every_tab(watch: Any) -> None:
    page, _ = watch("wire", deadlock={"at": 1.0, "text": "", "threads": STUCK})
    expect(page.locator("h1 .pill")).to_have_text("Deadlock")
    told = "left waits at a.py:13 for the lock that right took at a.py:11."
    expect(page.get_by_role("alert")).to_contain_text(told)
    page.keyboard.press("0")
    card = page.get_by_role("article", name="server.py, Deadlock")
    expect(card.get_by_role("alert")).to_contain_text(told)
    expect(card.get_by_role("button", name="Stop")).to_be_visible()


def test_a_long_list_of_sockets_leaves_the_page_as_long_as_it_is(watch: Any) -> None:
    page, feed = watch("wire")
    height = "() => document.documentElement.scrollHeight"
    expect(page.locator(".streams .none")).to_be_visible()
    before = page.evaluate(height)
    feed.streams(*(stream(number, f"127.0.0.1:{number}") for number in range(2_000, 2_060)))
    expect(page.locator(".streams .rows li")).to_have_count(60)
    assert page.evaluate(height) == before


def test_a_stream_that_is_chosen_by_key_keeps_the_focus(watch: Any) -> None:
    page, feed = watch("wire")
    talk(feed)
    link = page.locator(".streams .rows a").last
    link.focus()
    page.keyboard.press("Enter")
    expect(link).to_have_attribute("aria-current", "true")
    expect(link).to_be_focused()
    page.get_by_role("link", name=re.compile("^stream")).press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_an_accept_queue_has_its_length_and_its_bound(watch: Any) -> None:
    page, feed = watch("connections")
    listener = {"id": 1, "peer": "127.0.0.1:9090", "state": "listening", "label": "fd 3, stream"}
    feed.rows({**listener, "age_s": 9, "state_s": 9, "recv_q": 2, "accept_limit": 5})
    expect(page.get_by_role("meter", name="Accept queue")).to_have_attribute("aria-valuemax", "5")
    expect(page.locator(".queue")).to_contain_text("2 of 5 waiting for accept()")
    expect(page.locator(".bk i")).to_have_count(5)
    expect(page.locator(".bk i.on")).to_have_count(2)
    feed.rows({**listener, "age_s": 9, "state_s": 9, "recv_q": 1, "accept_limit": 1024})
    expect(page.locator(".bk i")).to_have_count(10)
    expect(page.locator(".bk i.on")).to_have_count(1)


def test_one_end_is_told_once(watch: Any) -> None:
    died = {**CRASH, "main": True, "exception": "OSError", "message": "Address already in use"}
    taken = {"reason": "port_in_use", "port": 9090, "line": "server.py:24", "port_owner": None}
    page, _ = watch("console", state="FAILED", failure=taken, crashes=[died])
    expect(page.locator(".trouble")).to_contain_text("Port 9090 is already taken")
    story = page.locator(".crash")
    expect(story).to_contain_text("server.py died of OSError.")
    story.get_by_role("button", name="Details").click()
    expect(story).to_contain_text("Address already in use")
    expect(story).not_to_contain_text("What helps")
    expect(story.get_by_role("button", name="Restart")).to_have_count(0)


def test_a_stand_that_nobody_saw_begin_is_a_lower_bound(watch: Any) -> None:
    page, feed = watch("threads")
    feed.threads(thread(1, "recv", waited_s=5.0), thread(2, "recv", waited_s=5.0, at_least=True))
    expect(page.locator("td.num")).to_have_text(["5 s", "≥\u00a05 s"])


def test_each_call_is_a_block_with_its_bytes_line_and_thread(watch: Any) -> None:
    page, feed = watch("wire")
    talk(feed)
    blocks = page.locator(".blocks .blk")
    expect(blocks).to_have_count(5)
    first = blocks.first
    for words in ("Received", "recv()", "21 B", "waited 3.2 s", "Thread-1", "server.py:24 serve"):
        expect(first).to_contain_text(words)
    expect(first.locator(".hr .b").first).to_have_text(
        "d0 9e d0 bb d1 8f 3a 20  d0 bf d1 80 d0 b8 d0 b2"
    )
    expect(first.locator(".hr .a").first).to_have_text("О·л·я·: п·р·и·в·")
    expect(blocks.nth(1)).to_contain_text("send() ×2")
    expect(page.locator("mark.bad")).to_have_text(["e9", "·"])
    expect(blocks.nth(3)).to_contain_text("End of stream")
    expect(blocks.nth(4)).to_contain_text("ConnectionResetError")
    expect(page.locator(".blocks .gap")).to_have_text("4 calls were not recorded here")
    link = first.get_by_role("link", name="server.py:24")
    expect(link).to_have_attribute("href", re.compile(r"/code\?line=server\.py%3A24$"))


def test_a_selection_in_either_column_says_what_it_is(watch: Any) -> None:
    page, feed = watch("wire")
    talk(feed)
    digits = page.locator(".blocks .blk").first.locator(".hr .b").first
    box = digits.bounding_box()
    assert box
    letter = box["width"] / 48
    page.mouse.move(box["x"] + letter, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + letter * 16.5, box["y"] + 5)
    page.mouse.up()
    said = page.locator(".sel-b")
    for words in ("d0 9e d0 bb d1 8f", "Оля", "U+041E U+043B U+044F", "6 bytes from 0"):
        expect(said).to_contain_text(words)
    expect(page.locator("mark.pick")).to_have_text(["d0 9e d0 bb d1 8f", "О·л·я·"])
    page.locator(".blocks").focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("1 byte from 6")
    page.keyboard.press("Shift+ArrowRight")
    expect(said).to_contain_text("2 bytes from 6")
    page.keyboard.press("Escape")
    expect(said).to_have_count(0)


def test_the_address_chooses_and_every_choice_has_a_way_back(watch: Any) -> None:
    page, feed = watch("wire", "?stream=4")
    talk(feed)
    expect(page.locator(".blocks .blk")).to_have_count(3)
    expect(page.locator(".filters")).to_contain_text("127.0.0.1:53318")
    page.locator(".blocks .blk").nth(1).get_by_role("link", name="Thread-2").click()
    expect(page).to_have_url(re.compile(r"stream=4&thread=Thread-2$"))
    expect(page.locator(".blocks .blk")).to_have_count(2)
    page.locator(".filters").get_by_role("link", name="stream").click()
    page.locator(".filters").get_by_role("link", name="thread").click()
    expect(page.locator(".filters")).to_have_count(0)
    page.get_by_role("searchbox", name="Find bytes or text").fill("е9 e9")
    expect(page.locator(".blocks .blk")).to_have_count(0)
    page.get_by_role("searchbox", name="Find bytes or text").fill("e9")
    expect(page.locator("mark.hit").first).to_have_text("e9")


def test_bytes_are_decoded_and_the_wrong_one_is_named(watch: Any) -> None:
    page, feed = watch("wire")
    feed.points(
        point(1, "recv", 3, b"GET /x HTTP/1.1\r\nHost: lab\r\n\r\n"),
        point(2, "recv", 3, b'{"a": 3}', thread="T2"),
        point(3, "recv", 3, b"caf\xe9 x", thread="T3"),
        point(4, "recv", 3, b"\xd0", thread="T4"),
    )
    page.get_by_role("radio", name="Decoded").click()
    blocks = page.locator(".blocks .blk")
    expect(blocks.nth(0).locator("dl")).to_contain_text("Host")
    expect(blocks.nth(1)).to_contain_text('"a": 3')
    expect(blocks.nth(2)).to_contain_text("Byte 3, 0xe9, is not UTF-8")
    expect(blocks.nth(3)).to_contain_text("its rest is not in this call")
    page.get_by_role("radio", name="Text").click()
    expect(blocks.nth(2).locator("i.bad")).to_have_text("\\xe9")


def test_a_held_view_stands_still_and_says_what_is_new(watch: Any) -> None:
    page, feed = watch("wire")
    talk(feed)
    page.get_by_role("button", name="Hold the view").click()
    feed.points(point(11, "recv", 3, b"new"), point(12, "recv", 3, b"newer"))
    expect(page.get_by_role("button", name="2 new calls")).to_be_visible()
    expect(page.locator(".blocks .blk")).to_have_count(5)
    page.get_by_role("button", name="2 new calls").click()
    expect(page.locator(".blocks .blk")).to_have_count(7)


def test_five_thousand_streams_stay_usable(watch: Any) -> None:
    page, feed = watch("wire")
    streams = [stream(n, f"127.0.0.1:{10_000 + n}") for n in range(2, 5_002)]
    for _ in range(3):
        began = time.monotonic()
        feed.streams(*streams)
        expect(page.locator(".streams h2")).to_contain_text("5,000")
        assert page.evaluate("new Promise((r) => requestAnimationFrame(() => r(1)))") == 1
        assert time.monotonic() - began < ENOUGH_S * strain()
    assert page.locator(".streams li").count() < 120
    page.get_by_role("searchbox", name="Find an address").fill(":12345")
    expect(page.locator(".streams li")).to_have_count(1)
    page.locator(".streams li a").click()
    expect(page).to_have_url(re.compile(r"stream=2345$"))


def test_lanes_locks_and_the_fan_out_of_a_chat(watch: Any) -> None:
    page, feed = watch("threads")
    feed.streams(*(stream(n, f"127.0.0.1:5{n}") for n in range(3, 8)))
    feed.points(*(point(n, "sendall", n, b"hi", waited_us=20_000) for n in range(3, 7)))
    feed.threads(
        thread(0, "accept", name="MainThread"),
        thread(1, "sendall", socket=7),
        thread(2, "lock", lock=9),
        locks=[lock(9, "Thread-1", "Thread-2")],
    )
    expect(page.locator(".lanes-b ul .tln")).to_have_count(3)
    expect(page.locator("canvas[data-lock='9']")).to_have_attribute(
        "aria-label", re.compile("Thread-1")
    )
    expect(page.locator(".locks")).to_contain_text("Thread-1")
    expect(page.locator(".waiters")).to_have_text("1 · Thread-2")
    expect(page.locator(".fan li .no")).to_have_text(["1", "2", "3", "4", "5"])
    expect(page.locator(".fan li.slow").last).to_contain_text("still in send()")
    row = page.locator("tbody tr").nth(2)
    expect(row).to_contain_text("held by Thread-1")
    painted = page.evaluate(
        """() => [...document.querySelectorAll("canvas[data-lane]")].map((canvas) =>
          canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value))"""
    )
    assert painted == [True, True, True]


def test_a_deadlock_is_said_in_red_and_drawn(watch: Any) -> None:
    page, feed = watch("threads")
    feed.threads(
        thread(1, "lock", lock=7),
        thread(2, "lock", lock=8),
        locks=[lock(7, "Thread-2", "Thread-1"), lock(8, "Thread-1", "Thread-2")],
        deadlock="Thread-1 waits for Thread-2",
    )
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Deadlock")
    expect(alert).to_contain_text("Thread-1 waits for a Lock that Thread-2 holds")
    expect(alert.locator("svg.ring rect")).to_have_count(2)


def test_five_hundred_threads_are_counted_and_stay_usable(watch: Any) -> None:
    page, feed = watch("threads")
    threads = [thread(n, "recv" if n % 5 else None) for n in range(500)]
    for _ in range(3):
        began = time.monotonic()
        feed.threads(*threads, total=700)
        expect(page.locator(".thr-groups b").first).to_have_text("400")
        assert page.evaluate("new Promise((r) => requestAnimationFrame(() => r(1)))") == 1
        assert time.monotonic() - began < ENOUGH_S * strain()
    expect(page.get_by_text("The 500 oldest of 700.").first).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(100)
    page.get_by_role("button", name="400 more").click()
    expect(page.locator("tbody tr")).to_have_count(200)


def test_a_crash_is_told_as_a_story_on_every_tab(watch: Any) -> None:
    page, feed = watch("threads", crashes=[CRASH])
    feed.threads(thread(0, "accept"))
    story = page.locator(".crash")
    expect(story).to_contain_text("Thread-2 died of UnicodeDecodeError. The program lives on.")
    expect(story.locator(".did")).to_have_count(0)
    story.get_by_role("button", name="Details").click()
    for words in (
        "decode() of 12 bytes just received from 127.0.0.1:53122",
        "Nobody serves its client 127.0.0.1:53122 any more.",
        "text = data.decode()",
        "What helps: decode(errors=",
        "b'caf\\xe9'",
    ):
        expect(story).to_contain_text(words)
    expect(story.locator("mark.bad")).to_have_text(["e9", "·"])
    expect(story.locator("details")).not_to_have_attribute("open", "")
    story.get_by_role("link", name="See the bytes").click()
    expect(page).to_have_url(re.compile(r"/wire\?stream=4&crash=1$"))
    feed.points(
        *(point(n, "recv", 4, b"before %d" % n, at=0.1, thread="Thread-2") for n in range(1, 40)),
        point(40, "recv", 4, b"caf\xe9 au lait", at=0.9, thread="Thread-2"),
        *(point(n, "recv", 4, b"after %d" % n, at=2.0, thread="Thread-9") for n in range(41, 90)),
    )
    expect(page.locator("mark.pick")).to_have_text(["e9", "·"])
    expect(page.locator('[data-block="40"]')).to_be_in_viewport()
    page.locator(".crash").get_by_role("button", name="Put away").click()
    expect(page.locator(".crash")).to_have_count(0)


def test_the_end_of_a_program_offers_a_start_and_ctrl_c_is_no_fault(watch: Any) -> None:
    ended = {"state": "FAILED", "failure": {"reason": "exited", "exit_code": 1, "ran_s": 2}}
    page, _ = watch("wire", crashes=[{**CRASH, "main": True}], **ended)
    expect(page.locator(".crash").get_by_role("button", name="Restart")).to_be_visible()
    stopped = {**CRASH, "main": True, "exception": "KeyboardInterrupt", "received": None}
    page, _ = watch("wire", crashes=[stopped])
    expect(page.locator(".crash.calm")).to_contain_text("ended by ^C")
    expect(page.locator(".crash .help")).to_have_count(0)


@pytest.mark.parametrize(
    ("scheme", "width", "lang"), [("light", 390, "ru"), ("dark", 1440, "en"), ("light", 1024, "en")]
)
def test_the_views_are_accessible_and_fit(watch: Any, scheme: str, width: int, lang: str) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 844}}
    page, feed = watch("wire", path=f"/?lang={lang}", crashes=[CRASH], options=options)
    talk(feed)
    expect(page.locator(".blocks .blk")).to_have_count(5)
    page.locator(".crash [aria-expanded]").click()
    expect(page.locator(".crash .help")).to_be_visible()
    check(page)
    feed.tab("threads")
    feed.points(*(point(n, "sendall", n, b"hi", waited_us=20_000) for n in range(13, 17)))
    locks = [lock(7, "Thread-2", "Thread-1"), lock(8, "Thread-1", "Thread-2")]
    feed.threads(thread(1, "lock", lock=7), thread(2, "lock", lock=8), locks=locks)
    expect(page.locator("svg.ring")).to_have_count(1)
    check(page)
    feed.threads(*(thread(n, "recv" if n % 5 else None) for n in range(150)))
    expect(page.locator(".thr-groups li")).to_have_count(2)
    check(page)


def check(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_answer_that_is_older_than_an_event_changes_nothing(watch: Any) -> None:
    page, feed = watch("wire")
    old = program(restart_on_save=True, changed_on_disk=False)

    def answer(route: Route) -> None:
        feed.send("server", server=program(restart_on_save=False, changed_on_disk=True))
        expect(page.get_by_role("button", name="Changed, restart")).to_be_visible()
        route.fulfill(json=old)

    page.route("**/settings", answer)
    switch = page.get_by_role("switch", name="Restart on save")
    with page.expect_response("**/settings"):
        switch.click()
    expect(page.get_by_role("button", name="Changed, restart")).to_be_visible()
    expect(switch).not_to_be_checked()
