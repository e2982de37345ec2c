"""Every attack on the dashboard stands in this folder, each as a test that it fails; those that
need a browser are in tests/browser/test_foreign_text.py.

`site` is the dashboard as its users have it, on a real port; `app` the application behind it.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.programs.files import OwnFile
from tests.conftest import PATIENCE_S
from tests.dashboard.web.conftest import app, site

__all__ = ["app", "site"]
PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
DONE = "done"
FLOODS_S = 120.0  # to say all of it, on a machine that is busy with others


class Visitor:
    """Asks the dashboard for its state again and again, until it leaves; `answers` so far. How long
    they take is measured by `python -m bench.floods`."""

    def __init__(self, site: Any) -> None:
        self.answers = 0
        self._site = site
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        while not self._over.wait(0.05):
            assert self._site.api("GET", "/api/servers")["status"] == 200
            self.answers += 1

    def leave(self) -> None:
        self._over.set()
        self._thread.join(PATIENCE_S)
        assert self.answers


@pytest.fixture
def visitor(site: Any) -> Iterator[Visitor]:
    made = Visitor(site)
    yield made
    made.leave()


@pytest.fixture
def flood(
    site: Any, tmp_path: Path, eventually: Callable[..., Any]
) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """flood(title): runs that program until it says that it is done; its published views."""
    names = []

    def run(title: str, arguments: str = "") -> list[dict[str, Any]]:
        path = tmp_path / "programs" / title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(next(PROGRAMS.glob(f"*/{title}")).read_bytes())
        names.append(OwnFile(path.resolve()).name)
        views: list[dict[str, Any]] = []
        publish = site.lab.broadcaster.publish

        def heard(event: Any) -> None:
            if event["kind"] == "server":
                views.append(event["server"])
            publish(event)

        site.lab.broadcaster.publish = heard
        site.api("POST", f"/api/programs/{names[-1]}/start?wait=30", {"arguments": arguments})
        log = site.lab.supervisor.server(names[-1]).reports.log
        eventually(
            lambda: any(line.startswith(DONE) for line in log.tail(1_000)),
            "it is done",
            FLOODS_S + float(arguments or 0),
        )
        return views

    yield run
    for name in names:
        site.api("POST", f"/api/programs/{name}/stop?wait=30", {})
