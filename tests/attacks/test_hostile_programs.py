"""Programs that turn against their own observation: the dashboard answers, and is right.

The flood of output is short here: `python -m bench.floods output --megabytes 10000` is longer.
"""

import socket
from collections.abc import Callable
from typing import Any

import psutil
import pytest

GROWTH_BYTES = 128 * 1024 * 1024
VIEW_BYTES = 2 * 1024 * 1024
FLOOD_MB = "8"


def memory() -> int:
    return int(psutil.Process().memory_info().rss)


def view_of(site: Any, views: list[dict[str, Any]]) -> Any:
    return site.api("GET", f"/api/programs/{views[0]['name']}")


def notices(site: Any, views: list[dict[str, Any]]) -> dict[str, str]:
    return {notice["code"]: notice["text"] for notice in view_of(site, views)["notices"]}


def said_by(site: Any, views: list[dict[str, Any]]) -> bytes:
    """All that a client of the program hears; it says nothing itself."""
    host, _, port = view_of(site, views)["listening"][0].rpartition(":")
    with socket.create_connection((host, int(port)), 10) as client:
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(4096), b""))


@pytest.mark.parametrize("app", [{"frozen_after_s": 1.0}], indirect=True)
def test_one_that_closes_every_descriptor(
    site: Any, flood: Any, eventually: Callable[..., Any]
) -> None:
    """Nothing of ours gets into the connections that have the old numbers now; its silence is
    not taken for a hang; the kernel says where it listens."""
    views = flood("closes_all.py")
    eventually(lambda: "line_closed" in notices(site, views), "it is said that the tap has gone")
    eventually(lambda: view_of(site, views)["listening"], "the kernel knows its address")
    heard = [said_by(site, views) for _ in range(40)]
    assert set(heard) == {b"still here"}
    assert view_of(site, views)["state"] == "RUNNING"
    assert "FROZEN" not in {view["state"] for view in views}


def test_one_that_replaces_what_is_observed(
    site: Any, flood: Any, eventually: Callable[..., Any]
) -> None:
    views = flood("kills_tap.py")
    text = eventually(lambda: notices(site, views).get("displaced"), "it is said what is not seen")
    assert "recv(), send(), sendall()" in text
    assert said_by(site, views) == b"still here"
    assert view_of(site, views)["state"] == "RUNNING"


def test_one_that_cuts_the_line(site: Any, flood: Any, eventually: Callable[..., Any]) -> None:
    """It is taken for the end of the dashboard, and with that a program ends."""
    views = flood("shuts_line.py")
    view = eventually(
        lambda: (view := view_of(site, views))["state"] == "FAILED" and view, "it has ended"
    )
    assert view["failure"]["signal"] == "SIGTERM"


def test_one_that_ends_in_fifty_threads_at_once(
    site: Any, flood: Any, eventually: Callable[..., Any]
) -> None:
    views = flood("exits_in_threads.py")
    view = eventually(
        lambda: (view := view_of(site, views))["state"] == "FAILED" and view, "it has ended"
    )
    assert view["failure"]["exit_code"] == 7


@pytest.mark.usefixtures("visitor")
def test_one_that_forges_messages(site: Any, flood: Any) -> None:
    before = memory()
    views = flood("forges.py")
    name = views[0]["name"]
    for path in ("", "/wire", "/wire.txt", "/wire.pcapng", "/source"):
        with site.app.test_client().get(f"/api/programs/{name}{path}") as answer:
            assert answer.status_code == 200, path
            assert len(answer.data) < VIEW_BYTES, path
    view = view_of(site, views)
    assert view["state"] == "RUNNING"
    assert view["pid"] == site.lab.supervisor.server(name).pid
    assert memory() - before < GROWTH_BYTES


@pytest.mark.usefixtures("visitor")
def test_one_that_prints_without_end(site: Any, flood: Any) -> None:
    before = memory()
    views = flood("output.py", FLOOD_MB)
    assert view_of(site, views)["state"] == "RUNNING"
    assert memory() - before < GROWTH_BYTES
