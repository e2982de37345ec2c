"""Text of others on every page: it is shown as text, and never runs.

One program says the payload wherever a program can say something; the chat, the API and a report
say it, too. A script that ran would set `window.__x`; one that was stopped by the policy is an
event of its own.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labservers.checks import report_html
from labservers.checks.report_json import as_json
from tests.labservers.checks.made_up import FINDINGS, verdict

PAYLOADS = (
    "<img src=x onerror=window.__x=1>",
    "</script><script>window.__x=1</script>",
    "'\"><svg/onload=window.__x=1>",
    "{{constructor.constructor('window.__x=1')()}}",
    "javascript:window.__x=1//",
    "\\u003cscript\\u003ewindow.__x=1\\u003c/script\\u003e",
)
SHOWN = PAYLOADS[0]
FILE = "<img src=x onerror=window.__x=1>.py"
WATCH = """
window.__refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.__refused.push(event.blockedURI));
"""
PROGRAM = f"""\
import socket
import sys
import threading

PAYLOADS = {PAYLOADS!r}
TEXT = " ".join(PAYLOADS)


def die(local):
    raise ValueError(TEXT)


def shout():
    here, there = socket.socketpair()
    here.sendall(TEXT.encode())
    there.recv(65536)
    held = TEXT
    there.recv(65536)


server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, _ = server.accept()
client.sendall(TEXT.encode())
connection.recv(65536)
for payload in PAYLOADS:
    print(payload)
    print(payload, file=sys.stderr)
    print(f"\\x1b]0;{{payload}}\\x07\\x1b[31m{{payload}}\\x1b[0m")
    threading.Thread(target=shout, name=payload, daemon=True).start()
    dying = threading.Thread(target=die, args=(payload,), name=payload)
    dying.start()
    dying.join()
input(TEXT)
"""


@pytest.fixture(scope="module")
def dashboard(lab_with: Callable[..., Any]) -> Iterator[Any]:
    return lab_with({FILE: PROGRAM})


def program(lab: Any) -> str:
    """The name of the user's program."""
    files = lab.api("GET", "/api/programs")["files"]
    name: str = next(file["id"] for file in files if file["title"] == FILE)
    return name


def no_script_ran(page: Page) -> None:
    assert page.evaluate("window.__x") is None, page.url
    assert page.evaluate("window.__refused") == [], page.url


def visit(windows: Any, path: str) -> Page:
    page: Page = windows(path, before=lambda page: page.add_init_script(WATCH))
    expect(page.locator("[data-link=live]")).to_be_visible()
    return page


def test_a_programs_words_on_all_its_tabs(
    windows: Any, dashboard: Any, eventually: Callable[..., Any]
) -> None:
    name = program(dashboard)
    dashboard.api(
        "POST", f"/api/programs/{name}/start?wait=30", {"arguments": SHOWN.replace("'", "")}
    )
    eventually(lambda: dashboard.view(name)["waits_for_input"], "it has said all")
    page = visit(windows, f"/programs/{name}")
    expect(page.get_by_text(SHOWN).first).to_be_visible()
    tabs = page.locator("nav.tabs a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(tabs) >= 5
    for tab in tabs:
        page.locator(f"nav.tabs a[href='{tab}']").click()
        expect(page.locator(f"nav.tabs a[href='{tab}'][aria-current]")).to_be_visible()
        expect(page.get_by_text("__x=1").first).to_be_visible()
        no_script_ran(page)
    for path in ("/", "/programs", f"/programs/{name}?lang=ru"):
        no_script_ran(visit(windows, path))


def test_words_of_an_address(windows: Any) -> None:
    query = "&".join(f"{name}={SHOWN}" for name in ("lang", "q", "program", "tab"))
    for path in (f"/?{query}", f"/lessons?{query}#{SHOWN}"):
        no_script_ran(visit(windows, path))


def test_words_of_a_wrong_address(windows: Any) -> None:
    page = windows(f"/{SHOWN}", before=lambda page: page.add_init_script(WATCH))
    no_script_ran(page)


def test_words_of_the_chat(windows: Any, dashboard: Any) -> None:
    dashboard.start("chat")
    with dashboard.connect("chat") as client:
        for words in (*PAYLOADS, *PAYLOADS):
            client.sendall(words.encode() + b"\n")
        for path in ("/servers/chat/try", "/servers/chat/connections", "/servers/chat/logs", "/"):
            no_script_ran(visit(windows, path))


def test_a_grade_and_a_log_of_requests(windows: Any, dashboard: Any) -> None:
    """Saved, and shown as text by our page and by the server's own."""
    dashboard.start("subjects")
    for payload in PAYLOADS:
        fields = {"subject": payload, "grade": 5}
        post = {"method": "POST", "path": "/subjects/1", "body": json.dumps(fields)}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = dashboard.api("POST", "/api/try/subjects", {**post, "headers": headers})
        received = base64.b64decode(answer["exchange"]["received"])
        assert received.startswith(b"HTTP/1.1 201 "), received
        assert json.loads(received.partition(b"\r\n\r\n")[2])["subject"] == payload
    page = visit(windows, "/servers/subjects/try")
    page.get_by_label("Student id").fill("1")
    page.get_by_role("button", name="Read grades").click()
    for payload in PAYLOADS:
        expect(page.get_by_role("cell", name=payload, exact=True)).to_be_visible()
    no_script_ran(page)
    for tab in ("connections", "logs"):
        no_script_ran(visit(windows, f"/servers/subjects/{tab}"))
    host, port = dashboard.address("subjects")
    own = windows(f"http://{host}:{port}/subjects/1")
    for payload in PAYLOADS:
        expect(own.get_by_text(payload, exact=True)).to_be_visible()
    assert own.evaluate("window.__x") is None


def test_a_report_that_is_opened_from_its_file(browser: Any, tmp_path: Path) -> None:
    """It is without our policy there, so that its words alone keep it safe."""
    words = " ".join(PAYLOADS)
    finding = replace(FINDINGS["en"][0], title=words, line=words, source=words, evidence=words)
    made = replace(verdict("en"), program=words, findings=(finding,))
    path = tmp_path / "report.html"
    path.write_text(report_html.page([as_json(made, made.findings, "en")]), "utf-8")
    page = browser.new_page()
    try:
        page.goto(path.as_uri())
        expect(page.get_by_text(SHOWN).first).to_be_visible()
        assert page.evaluate("window.__x") is None
        assert page.locator("script, img, svg[onload], iframe").count() == 0
    finally:
        page.close()
