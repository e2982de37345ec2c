"""Programs that flood the dashboard: it answers meanwhile, and keeps within its bounds."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.programs.files import FILES, OwnFile

FLOODS = Path(__file__).resolve().parents[1] / "programs/floods"
PATIENT_S = 3.0  # on a machine that the flood itself keeps busy; usually it is a tenth
DONE = "done"


class Visitor:
    """Asks the dashboard for its state again and again; `longest_s` of all answers."""

    def __init__(self, site: Any) -> None:
        self.longest_s = 0.0
        self._site = site
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        while not self._over.wait(0.05):
            began = time.monotonic()
            self._site.api("GET", "/api/servers")
            self.longest_s = max(self.longest_s, time.monotonic() - began)

    def leave(self) -> None:
        self._over.set()
        self._thread.join(10)


@pytest.fixture
def visitor(site: Any) -> Iterator[Visitor]:
    made = Visitor(site)
    yield made
    made.leave()


@pytest.fixture
def flood(
    site: Any, tmp_path: Path, eventually: Callable[..., Any]
) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """flood(name): runs that program to the end of its flood; the views that were published."""
    names = []

    def run(title: str) -> list[dict[str, Any]]:
        path = tmp_path / "programs" / title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((FLOODS / title).read_bytes())
        names.append(OwnFile(path.resolve()).name)
        views: list[dict[str, Any]] = []
        publish = site.lab.broadcaster.publish

        def heard(event: Any) -> None:
            if event["kind"] == "server":
                views.append(event["server"])
            publish(event)

        site.lab.broadcaster.publish = heard
        site.api("POST", f"/api/programs/{names[-1]}/start?wait=10", {})
        log = site.lab.supervisor.server(names[-1]).reports.log
        eventually(lambda: DONE in log.tail(1_000), "the flood is over", 30)
        return views

    yield run
    for name in names:
        site.api("POST", f"/api/programs/{name}/stop?wait=10", {})


def view_of(site: Any, views: list[dict[str, Any]]) -> Any:
    return site.api("GET", f"/api/programs/{views[0]['name']}")


def test_a_thousand_threads_that_die(site: Any, flood: Any, visitor: Visitor) -> None:
    began = time.monotonic()
    views = flood("dying.py")
    assert len(views) < 20 + 15 * (time.monotonic() - began)
    assert len(view_of(site, views)["crashes"]) == 5
    assert visitor.longest_s < PATIENT_S


def test_sockets_by_the_thousand(
    site: Any, flood: Any, visitor: Visitor, eventually: Callable[..., Any]
) -> None:
    began = time.monotonic()
    views = flood("sockets.py")
    eventually(lambda: len(view_of(site, views)["listening"]) == 200, "all are known", 20)
    assert len(views) < 20 + 15 * (time.monotonic() - began)
    assert visitor.longest_s < PATIENT_S


def test_datagrams_without_end(
    site: Any, flood: Any, visitor: Visitor, eventually: Callable[..., Any]
) -> None:
    views = flood("datagrams.py")

    def counted() -> bool:
        figures = view_of(site, views)["figures"]
        return figures is not None and figures["accepted"] > 10_000

    eventually(counted, "they are counted")
    found = site.api("GET", f"/api/programs/{views[0]['name']}/wire?limit=5000")
    assert found["lost"] > 0
    assert visitor.longest_s < PATIENT_S


def test_a_folder_of_thousands_of_files(site: Any, tmp_path: Path) -> None:
    folder = tmp_path / "programs" / "many"
    folder.mkdir(parents=True)
    for number in range(4_000):
        (folder / f"file{number}.py").touch()
    found = site.api("POST", "/api/programs/look")
    assert len(found["files"]) >= FILES
    began = time.monotonic()
    for _ in range(5):
        site.api("GET", "/api/programs")
    assert time.monotonic() - began < 5 * PATIENT_S
