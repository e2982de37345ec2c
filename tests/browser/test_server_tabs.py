"""The pages of a server: try it, connections, logs."""

import json
import re
import signal
import socket

import pytest
from playwright.sync_api import Locator, Page, expect


def exchanges(page: Page) -> Locator:
    return page.get_by_role("region", name="Exchanges").locator("li")


def bytes_shown(page: Page) -> Locator:
    return page.get_by_role("region", name="Bytes").first


# Try it.


def test_hello_answers_a_datagram(lab, open_page) -> None:
    lab.start("hello")
    page = open_page("/servers/hello/try")
    page.get_by_label("Message").fill("Привет, <b>server</b>")
    page.get_by_role("button", name="Send datagram").click()

    answer = page.locator(".answer")
    expect(answer).to_contain_text("Hello client")
    expect(answer).to_contain_text(re.compile(r"Round trip\s*[\d.]+\s(µs|ms)"))
    expect(exchanges(page).first).to_contain_text("Привет, <b>server</b>")
    expect(bytes_shown(page)).to_contain_text("27 B")
    page.get_by_role("radio", name="Hex").click()
    expect(bytes_shown(page)).to_contain_text("d0 9f d1 80")
    expect(bytes_shown(page)).to_contain_text("П·р·и·в·е·т·")


def test_hello_without_a_reply_says_that_none_was_promised(lab, open_page) -> None:
    lab.start("hello")
    page = open_page("/servers/hello/try")
    expect(page.get_by_role("button", name="Send datagram")).to_be_enabled()
    lab.signal("hello", signal.SIGSTOP)
    page.get_by_label("Message").press("Enter")

    expect(page.locator(".answer")).to_have_text("No reply in 2 s. UDP does not promise one.")
    lab.signal("hello", signal.SIGCONT)


def test_hypotenuse_draws_what_the_server_answered(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/try")
    page.get_by_label("Leg a").fill("5")
    page.get_by_label("Leg b").fill("12")
    page.get_by_label("Leg b").press("Enter")

    expect(page.locator(".answer")).to_contain_text("13.0")
    expect(page.get_by_role("img", name="a 5, b 12, c 13")).to_be_visible()
    expect(exchanges(page).first).to_contain_text('{"a": 5, "b": 12}')


def test_a_leg_that_is_no_number_is_refused_beside_the_field(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/try")
    page.get_by_label("Leg a").fill("three")
    page.locator("form").get_by_role("button", name="Send").click()
    expect(page.get_by_text("A number is expected")).to_be_visible()
    expect(page.get_by_text("""printf %s '{"a": "three", "b": 4}'""").first).to_be_visible()
    expect(exchanges(page)).to_have_count(0)
    page.get_by_label("Leg a").fill("2,5")
    page.locator("form").get_by_role("button", name="Send").click()
    expect(exchanges(page).first).to_contain_text('"a": 2.5')


def test_broken_json_is_sent_as_it_is_and_the_error_shown(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/try")
    page.get_by_role("radio", name="Raw JSON").click()
    page.get_by_role("button", name='{"a": 3, "b"', exact=True).click()
    expect(page.get_by_label("Bytes to send")).to_have_value('{"a": 3, "b"')
    page.locator("form").get_by_role("button", name="Send").click()

    expect(page.locator(".answer")).to_contain_text("error:")
    expect(bytes_shown(page)).to_contain_text('{"a": 3, "b"')
    expect(bytes_shown(page)).to_contain_text("\\n")


def test_page_shows_exact_bytes_and_the_page_itself(lab, open_page) -> None:
    lab.start("page")
    page = open_page("/servers/page/try")
    page.get_by_role("button", name="Get").click()

    expect(page.locator(".answer")).to_contain_text("200 OK")
    expect(bytes_shown(page)).to_contain_text("GET / HTTP/1.1\\r\\n")
    expect(bytes_shown(page)).to_contain_text("HTTP/1.1 200 OK\\r\\n")
    frame = page.locator("iframe")
    expect(frame).to_have_attribute("sandbox", "allow-same-origin")
    expect(frame.content_frame.get_by_role("heading").first).to_be_visible()

    page.get_by_label("Path").fill("/nowhere")
    page.get_by_label("Path").press("Enter")
    expect(page.locator(".answer")).to_contain_text("404")
    exchanges(page).nth(1).get_by_role("button").click()
    expect(page.locator(".answer")).to_contain_text("200 OK")


@pytest.mark.parametrize(("kind", "status"), [("Form", "303"), ("JSON", "201")])
def test_subjects_saves_and_reads_grades(lab, open_page, kind: str, status: str) -> None:
    lab.start("subjects")
    page = open_page("/servers/subjects/try")
    subject = f"<i>Сети</i> {kind}"
    page.get_by_label("Student id").fill("77")
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("radio", name="4", exact=True).click()
    page.get_by_role("radio", name=kind).click()
    page.get_by_role("button", name="Save grade").click()

    expect(page.locator(".answer")).to_contain_text(status)
    row = page.get_by_role("row").filter(has_text=subject).first
    expect(row).to_contain_text("4")
    expect(page.get_by_role("heading", name="Grades of student 77")).to_be_visible()
    expect(bytes_shown(page)).to_contain_text("POST /subjects/77 HTTP/1.1\\r\\n")
    expect(page.get_by_label("Subject")).to_have_value("")


def typed(page, label: str, text: str) -> None:
    """As a paste: a field may cut it, which fill() does not let it."""
    page.get_by_label(label).fill("")
    page.get_by_label(label).focus()
    page.keyboard.insert_text(text)


def test_the_longest_subject_and_student_are_judged_by_the_rule(lab, open_page) -> None:
    lab.start("subjects")
    page = open_page("/servers/subjects/try")
    save, long = page.get_by_role("button", name="Save grade"), "😀" * 200
    typed(page, "Student id", "7" * 31)
    typed(page, "Subject", long + "😀")
    save.click()
    expect(page.get_by_text("1 to 30 digits, as 42")).to_be_visible()
    expect(page.get_by_text("A subject has at most 200 characters")).to_be_visible()
    typed(page, "Student id", "0" * 28 + "42")
    typed(page, "Subject", f" {long}\t")
    save.click()
    expect(page.locator("td.wide").first).to_have_text(long)


def test_the_servers_own_form_takes_the_longest_subject_and_the_server_judges_it(
    lab, open_page
) -> None:
    lab.start("subjects")
    page = open_page(f"http://127.0.0.1:{lab.ports['subjects']}/subjects/78")
    for subject, shown in (
        ("😀" * 201, "1 to 200 characters are needed"),
        ("😀" * 200, "😀" * 200),
    ):
        typed(page, "Subject", subject)
        page.get_by_label("Grade").fill("5")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text(shown)).to_be_visible()
        page.goto(page.url)


def test_a_grade_without_a_subject_is_asked_for(lab, open_page) -> None:
    lab.start("subjects")
    page = open_page("/servers/subjects/try")
    page.get_by_role("button", name="Save grade").click()
    expect(page.get_by_text("Name the subject.")).to_be_visible()
    expect(exchanges(page)).to_have_count(0)


def test_commands_carry_the_live_port_and_can_be_copied(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/try", permissions=["clipboard-read", "clipboard-write"])
    port = lab.ports["hypotenuse"]
    line = page.locator(".cmd").first
    expect(line).to_contain_text(f"| nc -N 127.0.0.1 {port}")
    expect(page.locator(".cmd").nth(1)).to_contain_text(f"| nc -q1 127.0.0.1 {port}")

    line.get_by_role("button", name="Copy").click()

    expect(page.locator("#say")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"""printf %s '{{"a": 3, "b": 4}}' | nc -N 127.0.0.1 {port}"""


def test_a_stopped_server_is_said_and_can_be_started_here(lab, open_page) -> None:
    page = open_page("/servers/hypotenuse/try")
    expect(page.get_by_text("TCP hypotenuse is not running.")).to_be_visible()
    send = page.locator("form").get_by_role("button", name="Send")
    expect(send).to_have_attribute("title", "The server is not running")

    page.locator(".notice").get_by_role("button", name="Start").click()

    expect(page.locator("h1 .pill")).to_have_text("Running")
    send.click()
    expect(page.locator(".answer")).to_contain_text("5.0")


def test_what_was_typed_is_there_after_a_look_at_another_tab(lab, open_page) -> None:
    page = open_page("/servers/hello/try")
    page.get_by_label("Message").fill("half a thought")
    page.get_by_role("link", name="Logs").click()
    expect(page).to_have_url(re.compile("/servers/hello/logs$"))
    page.go_back()
    expect(page.get_by_label("Message")).to_have_value("half a thought")


# Connections.


def test_connections_come_and_go_live(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/connections")
    expect(page.get_by_text("Nobody is connected. Try:")).to_be_visible()
    expect(page.locator(".nothing code")).to_have_text(f"nc 127.0.0.1 {lab.ports['hypotenuse']}")

    with lab.connect("hypotenuse") as client:
        client.sendall(b'{"a": 3')
        peer = f"127.0.0.1:{client.getsockname()[1]}"
        row = page.get_by_role("row").filter(has_text=peer)
        expect(row).to_contain_text("reading")
        expect(row.locator("td.c-in")).to_have_text("7\u00a0B")
        expect(page.get_by_role("link", name="Connections")).to_contain_text("1")

        page.get_by_role("searchbox").fill("no such peer")
        expect(page.get_by_text("Nobody here matches the filter.")).to_be_visible()
        page.get_by_role("searchbox").fill(peer.rpartition(":")[2])
        expect(row).to_be_visible()

    expect(row).to_have_count(0)


def test_columns_can_be_sorted(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/connections")
    with lab.connect("hypotenuse") as quiet, lab.connect("hypotenuse") as eager:
        eager.sendall(b'{"a": 3')
        received = page.locator("tbody td.c-in")
        expect(received).to_have_count(2)
        page.get_by_role("button", name="In", exact=True).click()
        expect(page.get_by_role("columnheader", name="In", exact=True)).to_have_attribute(
            "aria-sort", "descending"
        )
        expect(received.first).to_have_text("7\u00a0B")
        page.get_by_role("button", name="In", exact=True).click()
        expect(received.first).to_have_text("0\u00a0B")
        assert quiet.fileno() != eager.fileno()


def test_the_accept_queue_fills_while_the_server_does_not_accept(lab, open_page) -> None:
    lab.api("POST", "/api/servers/hypotenuse/settings", {"model": "blocking"})
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/connections")
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "0")
    clients = [lab.connect("hypotenuse") for _ in range(4)]
    try:
        expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "3")
        expect(page.locator(".queue")).to_contain_text("3 of")
        expect(page.locator(".bk .on")).to_have_count(1)
    finally:
        for client in clients:
            client.close()


def test_udp_shows_who_sent_something_lately(lab, open_page) -> None:
    lab.start("hello")
    page = open_page("/servers/hello/connections")
    expect(page.get_by_role("meter")).to_have_count(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(b"Hello server", lab.address("hello"))
        assert client.recv(100) == b"Hello client"
        peer = f"127.0.0.1:{client.getsockname()[1]}"
    expect(page.get_by_role("row").filter(has_text=peer)).to_contain_text("12\u00a0B")


# Logs.


def ask(lab, text: str) -> None:
    with lab.connect("hypotenuse") as client:
        client.sendall(text.encode() + b"\n")
        assert client.recv(100)


def test_the_log_follows_the_server(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/logs")
    log = page.get_by_role("log")
    expect(log).to_contain_text(str(lab.ports["hypotenuse"]))
    before = log.locator("li").count()
    ask(lab, json.dumps({"a": 3, "b": 4}))
    expect(log.locator("li").nth(before)).to_be_visible()


def test_a_paused_log_counts_what_comes(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/logs")
    log = page.get_by_role("log")
    expect(log.locator("li").first).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator(".logs").get_by_role("button", name="Follow")).to_be_visible()
    before = log.locator("li").count()
    ask(lab, "[]")

    fresh = page.get_by_role("button", name=re.compile(r"\d+ new lines?"))
    expect(fresh).to_be_visible()
    expect(log.locator("li")).to_have_count(before)
    fresh.click()
    expect(log.locator("li")).not_to_have_count(before)
    expect(page.locator(".logs").get_by_role("button", name="Hold the view")).to_be_visible()


def test_search_marks_and_a_switch_filters(lab, open_page) -> None:
    lab.start("hypotenuse")
    port = str(lab.ports["hypotenuse"])
    page = open_page("/servers/hypotenuse/logs")
    log = page.get_by_role("log")
    ask(lab, "[]")
    expect(log.locator("li").nth(1)).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(port)

    expect(log.locator("mark").first).to_have_text(port)
    expect(page.get_by_text(re.compile(r"^\d+ match"))).to_be_visible()
    page.get_by_role("switch", name="Only matches").click()
    expect(log.locator("li:not(:has(mark))")).to_have_count(0)


def test_levels_can_be_left_out(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/logs")
    log = page.get_by_role("log")
    expect(log.locator("li.info").first).to_be_visible()
    chip = page.get_by_role("button", name=re.compile("^info"))
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(log.locator("li.info")).to_have_count(0)


def test_the_log_can_be_downloaded(lab, open_page) -> None:
    lab.start("hypotenuse")
    page = open_page("/servers/hypotenuse/logs")
    expect(page.get_by_role("log")).to_contain_text("listening on")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    text = download.value.path().read_text()
    assert str(lab.ports["hypotenuse"]) in text


def test_a_long_log_draws_only_what_is_in_sight(lab, open_page) -> None:
    lines = [
        {"n": n, "at": 1_700_000_000 + n, "level": "info", "text": f"line {n}"} for n in range(3000)
    ]
    delta = {"kind": "logs", "name": "hypotenuse", "lines": lines, "skipped": 12}

    def feed(page: Page) -> None:
        def route(browser) -> None:
            server = browser.connect_to_server()
            held = {"snapshot": False}

            def pass_on(message: str) -> None:
                if not held["snapshot"]:
                    held["snapshot"] = True
                    browser.send(message)
                    seq = json.loads(message)["seq"]
                    browser.send(json.dumps({"type": "delta", "seq": seq + 1, "events": [delta]}))

            server.on_message(pass_on)

        page.route_web_socket("**/ws/live", route)

    page = open_page("/servers/hypotenuse/logs", before=feed)
    log = page.get_by_role("log")
    expect(log).to_contain_text("line 2999")
    assert log.locator("li").count() < 200
    log.evaluate("element => { element.scrollTop = 0; }")
    expect(log).to_contain_text("12 lines left out")
    expect(log).to_contain_text("line 0")
    assert log.locator("li").count() < 200


def test_a_busy_port_is_explained_on_the_servers_page_too(lab, open_page) -> None:
    with socket.create_server(("127.0.0.1", lab.ports["page"])):
        page = open_page("/servers/page/try")
        page.locator("h1 + .addr ~ .acts").get_by_role("button", name="Start").click()
        notice = page.locator(".notice.bad")
        expect(notice).to_contain_text(f"Port {lab.ports['page']} is already taken")
        notice.get_by_role("button", name=re.compile("Use free port")).click()
        expect(page.locator("h1 .pill")).to_have_text("Running")


def test_the_open_tab_is_in_sight_on_a_narrow_screen(lab, open_page) -> None:
    page = open_page("/servers/subjects/logs?lang=ru", viewport={"width": 390, "height": 844})
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)
