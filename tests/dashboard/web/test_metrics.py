"""Health and metrics, for programs that watch the dashboard."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask

SAMPLE = re.compile(
    r'(socketlab_[a-z_]+)(?:\{server="([a-z]+)"\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)'
)


def test_health_names_every_state(app: Flask) -> None:
    health = app.test_client().get("/healthz").get_json()
    assert health["status"] == "ok"
    assert health["uptime_s"] >= 0
    assert set(health["servers"].values()) == {"STOPPED"}


def test_health_names_every_trouble_while_it_lasts(app: Flask) -> None:
    troubles, client = app.extensions["lab"].troubles, app.test_client()

    def health() -> tuple[str, list[str]]:
        answer = client.get("/healthz")
        assert answer.status_code == 200  # a probe ends nothing for it
        told = answer.get_json()
        return told["status"], [trouble["why"] for trouble in told["troubles"]]

    assert health() == ("ok", [])
    troubles.begin("restore", "No space left on device")
    troubles.begin("log", "Permission denied", "chat")
    assert health() == ("trouble", ["No space left on device", "Permission denied"])
    troubles.end("restore")
    assert health() == ("trouble", ["Permission denied"])
    troubles.end("log", "chat")
    assert health() == ("ok", [])


def read(site: Any) -> dict[tuple[str, str | None], float]:
    """The samples, after the form of every line and the order of the kinds were looked at."""
    answer = site.app.test_client().get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    text = answer.get_data(as_text=True)
    assert text.endswith("\n")
    kinds: dict[str, str] = {}
    samples = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in kinds
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            found = SAMPLE.fullmatch(line)
            assert found, line
            assert found[1] in kinds
            samples[found[1], found[2]] = float(found[3])
    for name, kind in kinds.items():
        assert (kind == "counter") == name.endswith("_total")
    return samples


def test_figures_of_running_servers_are_there(site: Any, eventually: Callable[..., Any]) -> None:
    down = {("socketlab_up", name): 0 for name in site.api("GET", "/healthz")["servers"]}
    assert read(site) == {**down, ("socketlab_recorded_bytes", None): 0}
    site.start("hypotenuse")
    site.api("POST", "/api/try/hypotenuse", {"a": 3, "b": 4})
    samples = eventually(
        lambda: (found := read(site)).get(("socketlab_requests_total", "hypotenuse")) and found,
        "the request is counted",
    )
    assert samples["socketlab_up", "hypotenuse"] == 1
    assert samples["socketlab_up", "hello"] == 0
    assert samples["socketlab_received_bytes_total", "hypotenuse"] > 0
