"""A program of the user with real clients: its bytes, its threads, its downloads, and a byte that kills."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

SERVER = """\
import socket
import threading


def serve(client):
    while data := client.recv(1024):
        client.sendall(data.decode().upper().encode())


server = socket.create_server(("127.0.0.1", 0))
while True:
    client, peer = server.accept()
    threading.Thread(target=serve, args=(client,)).start()
"""
RECV, SEND = 6, 7
HELLO = "Оля: привет\r\n".encode()


@pytest.fixture(scope="module")
def dashboard(lab_with: Any) -> Any:
    return lab_with({"upper.py": SERVER})


@pytest.fixture
def name(dashboard: Any) -> Iterator[str]:
    """The program, started anew."""
    listing = dashboard.api("GET", "/api/programs")
    names = {one["title"]: one["id"] for one in listing["files"]}
    names |= {one["title"]: one["name"] for one in listing["programs"]}
    name = names["upper.py"]
    dashboard.serve(name)
    yield name
    dashboard.api("POST", f"/api/programs/{name}/stop?wait=30")


def client(dashboard: Any, name: str) -> socket.socket:
    [place] = dashboard.api("GET", f"/api/programs/{name}")["listening"]
    host, port = place.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=30)


def digits(page: Page, direction: str) -> bytes:
    """The bytes of the first block of a direction, as the hex column shows them."""
    rows = page.locator(f".blocks .blk.{direction}").first.locator(".hr .b")
    expect(rows).not_to_have_count(0)
    return bytes.fromhex(" ".join(rows.all_inner_texts()))


def test_the_wire_shows_the_very_bytes_and_gives_them_away(
    dashboard: Any, name: str, windows: Any, tmp_path: Path
) -> None:
    page = windows(f"/programs/{name}/wire")
    with client(dashboard, name) as sock:
        sock.sendall(HELLO)
        answer = sock.recv(1024)
        expect(page.locator(".blocks .blk.out")).to_have_count(1)
        assert digits(page, "in") == HELLO
        assert digits(page, "out") == answer == HELLO.decode().upper().encode()
        expect(page.locator(".blk.in")).to_contain_text(f"upper.py:{RECV} serve")
        expect(page.locator(".blk.out")).to_contain_text(f"upper.py:{SEND} serve")
        port = sock.getsockname()[1]  # the list of sockets comes apart from their bytes
        page.locator(".streams a").filter(has_text=f":{port}").click()
        expect(page).to_have_url(re.compile(r"\?stream=\d+$"))
        page.get_by_label("Download").click()
        raw = saved(page, "Received bytes of this stream", tmp_path)
        assert raw == HELLO
        assert saved(page, "pcapng", tmp_path)[:4] == b"\x0a\x0d\x0d\x0a"
        assert f"upper.py:{RECV}" in saved(page, "As text", tmp_path).decode()


def saved(page: Page, link: str, folder: Path) -> bytes:
    with page.expect_download() as download:
        page.locator(".menu a").filter(has_text=link).click()
    path = folder / "download"
    download.value.save_as(path)
    return path.read_bytes()


def test_a_byte_that_kills_a_thread_is_told_and_found(
    dashboard: Any, name: str, windows: Any
) -> None:
    page = windows(f"/programs/{name}/threads")
    with client(dashboard, name) as sock:
        sock.sendall(HELLO)
        sock.recv(1024)
        expect(page.locator(".lanes-b ul").first.locator(".tln")).to_have_count(2)
        expect(page.locator("tbody tr").nth(1)).to_contain_text("Blocked in recv()")
        sock.sendall(b"caf\xe9!")
        story = page.locator(".crash")
        expect(story).to_contain_text("died of UnicodeDecodeError. The program lives on.")
        story.get_by_role("button", name="Details").click()
        expect(story).to_contain_text(f"upper.py:{SEND}")
        expect(story).to_contain_text("decode() of 5 bytes just received from 127.0.0.1:")
        expect(story.locator("mark.bad").first).to_have_text("e9")
        story.get_by_role("link", name="See the bytes").click()
        expect(page.locator("mark.pick").first).to_have_text("e9")
