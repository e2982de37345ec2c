"""Programs that flood the dashboard: it answers meanwhile, and keeps within its bounds."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.programs.files import FILES, OwnFile

pytestmark = pytest.mark.usefixtures("visitor")


def view_of(site: Any, views: list[dict[str, Any]]) -> Any:
    return site.api("GET", f"/api/programs/{views[0]['name']}")


def test_a_thousand_threads_that_die(site: Any, flood: Any, eventually: Callable[..., Any]) -> None:
    began = time.monotonic()
    views = flood("dying.py")
    assert len(views) < 20 + 15 * (time.monotonic() - began)
    eventually(lambda: len(view_of(site, views)["crashes"]) == 5, "the last five are shown")


def test_sockets_by_the_thousand(site: Any, flood: Any, eventually: Callable[..., Any]) -> None:
    began = time.monotonic()
    views = flood("sockets.py")
    eventually(lambda: len(view_of(site, views)["listening"]) == 200, "all are known")
    assert len(views) < 20 + 15 * (time.monotonic() - began)


def points(site: Any, name: str) -> Iterator[dict[str, Any]]:
    """All that are kept, page by page."""
    since = 0
    while (page := site.api("GET", f"/api/programs/{name}/wire?limit=1000&since={since}"))[
        "points"
    ]:
        yield from page["points"]
        since = page["next"]


def test_a_busy_program_is_shown_whole(
    site: Any, flood: Any, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """Many sockets, long texts, a page that looks at all of it: none of it is taken for forged."""
    path = tmp_path / "programs" / "busy.py"
    path.parent.mkdir()
    path.touch()
    site.api("POST", "/api/programs/look")
    topics = ("rows", "wire", "streams", "code", "threads", "logs")
    name = OwnFile(path.resolve()).name
    page = site.talk("/ws/live", {"subscribe": [f"{topic}:{name}" for topic in topics]})
    assert page.hear()["type"] == "snapshot"
    views = flood("busy.py")
    view = eventually(lambda: (v := view_of(site, views))["waits_for_input"] and v, "it asks")
    assert view["waits_for_input"]["prompt"] == "Сколько? " * 111 + "!"
    assert view["notices"] == []
    assert len(view["listening"]) == 150
    assert [len(crash["stack"]) for crash in view["crashes"]] == [41] * 3
    assert any(point["thread"].startswith("клиент ") for point in points(site, name))


def test_datagrams_without_end(site: Any, flood: Any, eventually: Callable[..., Any]) -> None:
    views = flood("datagrams.py")

    def counted() -> bool:
        figures = view_of(site, views)["figures"]
        return figures is not None and figures["accepted"] > 10_000

    eventually(counted, "they are counted")
    found = site.api("GET", f"/api/programs/{views[0]['name']}/wire?limit=5000")
    assert found["lost"] > 0


def test_a_folder_of_thousands_of_files(site: Any, tmp_path: Path) -> None:
    folder = tmp_path / "programs" / "many"
    folder.mkdir(parents=True)
    for number in range(4_000):
        (folder / f"file{number}.py").touch()
    found = site.api("POST", "/api/programs/look")
    assert len(found["files"]) >= FILES
    assert len(site.api("GET", "/api/programs")["files"]) == len(found["files"])
