"""Programs that turn against their own observation: the dashboard answers, and is right.

The flood of output is short here: `python -m bench.floods output --megabytes 10000` is longer.
"""

import json
import socket
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import pytest

from dashboard.recording.wire import REACHABLE
from labservers.observe import messages, observed
from labservers.observe.channel import LINE_LIMIT
from tests.forged import KINDS, NOW, leaf_of, made, strings

GROWTH_BYTES = 128 * 1024 * 1024
FEW_BYTES = 48 * 1024 * 1024
LONG_BYTES = 2_000_000  # of a forged message
TIMES = 24  # more than the notices that are kept
STATE_BYTES = 1024 * 1024
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
    with socket.create_connection((host, int(port)), 30) as client:
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
    known = len(views)  # before that, it may have been silent for long on a busy machine
    eventually(lambda: view_of(site, views)["listening"], "the kernel knows its address")
    heard = [said_by(site, views) for _ in range(40)]
    assert set(heard) == {b"still here"}
    assert view_of(site, views)["state"] == "RUNNING"
    assert "FROZEN" not in {view["state"] for view in views[known:]}


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
    is_small(site, views)
    assert memory() - before < GROWTH_BYTES


def long_ones(kind: str) -> Iterator[bytes]:
    """Messages of a kind as their schema has it: with long texts, with long lists, deep."""
    texts = sum(1 for _ in strings(made(kind, leaf_of("x"), 5))) or 1
    text = leaf_of("<" * min(700_000, LONG_BYTES // texts))
    yield from [messages.encode(made(kind, text, 5))] * TIMES
    yield messages.encode(made(kind, leaf_of("x" * 20), 2_000))
    yield messages.encode(made(kind, leaf_of("x", [[[["x" * 900] * 9]] * 9]), 9))
    yield messages.encode(made(kind, leaf_of("x", json.loads("[" * 500 + "]" * 500)), 9))


@pytest.mark.usefixtures("visitor")
def test_one_that_forges_long_messages_of_every_kind(
    site: Any, flood: Any, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """Every page stays small and every tab gets its state, also after the program's end."""
    member = {"room": "x" * 700_000, "people": 1, "peer": "p", "id": 1, "seq": 1, "code": "c"}
    joined = [messages.Event(number, NOW, "joined", member) for number in range(5)]
    lines = (line for kind in KINDS for line in long_ones(kind))
    write_forged(tmp_path, chain([messages.encode(messages.Events(NOW, joined, 0))] * TIMES, lines))
    before = memory()
    views = flood("forges_lines.py")
    is_small(site, views)
    codes = [notice["code"] for notice in view_of(site, views)["notices"]]
    assert codes.count("unsound") == 1
    assert [entry for entry in site.lab.snapshot()["feed"] if entry["code"] == "joined"] == []
    eventually(lambda: memory() - before < FEW_BYTES, "little is kept")
    site.api("POST", f"/api/programs/{views[0]['name']}/stop?wait=30", {})
    state_is_small(site)


@pytest.mark.usefixtures("visitor")
def test_one_that_forges_sockets_without_end(site: Any, flood: Any, tmp_path: Path) -> None:
    """All of them can be reached, it says."""
    local = "127.0.0.1:9"
    one = observed.SocketEvent(NOW, 0, 3, "AF_INET", "stream", "listening", local, None, None)

    def events(first: int, many: int) -> bytes:
        found = [one._replace(id=number) for number in range(first, first + many)]
        return messages.encode(observed.SocketEvents(NOW, found))

    batches = (events(first, 500) for first in range(0, 100_000, 500))
    longer = (events(first, 20_000) for first in range(100_000, 300_000, 20_000))
    write_forged(tmp_path, (*batches, *longer))
    views = flood("forges_lines.py")
    assert site.api("GET", "/healthz")["status"] == 200
    is_small(site, views)
    assert 0 < len(view_of(site, views)["listening"]) <= REACHABLE


def write_forged(folder: Path, lines: Iterable[bytes]) -> None:
    """The messages that forges_lines.py sends."""
    path = folder / "programs" / "forged.jsonl"
    path.parent.mkdir()
    with path.open("wb") as file:
        for line in lines:
            assert len(line) < LINE_LIMIT
            file.write(line)


def is_small(site: Any, views: list[dict[str, Any]]) -> None:
    """All that can be had of a running program."""
    name = views[0]["name"]
    for path in ("", "/wire", "/wire.txt", "/wire.pcapng", "/source"):
        with site.app.test_client().get(f"/api/programs/{name}{path}") as answer:
            assert answer.status_code == 200, path
            assert len(answer.data) < VIEW_BYTES, path
    view = view_of(site, views)
    assert view["state"] == "RUNNING"
    assert view["pid"] == site.lab.supervisor.server(name).pid
    state_is_small(site)


def state_is_small(site: Any) -> None:
    """What every page and every tab begins with."""
    for path in ("/", "/api/servers"):
        with site.app.test_client().get(path) as answer:
            assert answer.status_code == 200, path
            assert len(answer.data) < STATE_BYTES, path
    talk = site.talk("/ws/live", {"subscribe": []})
    assert talk.hear()["type"] == "snapshot"
    talk.close()


@pytest.mark.usefixtures("visitor")
def test_one_that_prints_without_end(site: Any, flood: Any) -> None:
    before = memory()
    views = flood("output.py", FLOOD_MB)
    assert view_of(site, views)["state"] == "RUNNING"
    assert memory() - before < GROWTH_BYTES
