"""Checks over HTTP, with real processes: from the request to the report and its forms."""

import json
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest

from dashboard.programs.files import OwnFile
from tests.dashboard.web.test_live import follow
from tests.dashboard.web.test_recordings import get

HELLO = """\
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
while True:
    data, peer = server.recvfrom(65536)
    print(peer, data.decode())
    server.sendto(b"Hello client", peer)
"""
DECODE = 7
Wait = Callable[..., Any]


@pytest.fixture
def name(tmp_path: Path) -> str:
    path = tmp_path / "programs" / "greets.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HELLO)
    return OwnFile(path.resolve()).name


def settled(site: Any, name: str, eventually: Wait) -> Any:
    """The check and the report when it is over."""

    def over() -> Any:
        found = site.api("GET", f"/api/programs/{name}/check?lang=ru")
        return found if found["check"]["state"] != "running" else None

    return eventually(over, "the check has ended", 300)


def test_a_program_is_checked_explained_and_forgotten(
    site: Any, name: str, eventually: Wait
) -> None:
    page = site.talk("/ws/live", {"subscribe": [f"check:{name}"]})
    begun = site.api("POST", f"/api/programs/{name}/check", {"task": "hello"})
    assert (begun["status"], begun["check"]["state"]) == (202, "running")
    found = settled(site, name, eventually)
    assert found["check"]["state"] == "done", found
    assert found["report"]["verdict"] == "mend"
    [finding] = [one for one in found["report"]["findings"] if one["id"] == "decode-not-text"]
    assert finding["line"] == f"greets.py:{DECODE}"
    assert any("а" <= letter <= "я" for letter in finding["title"])
    lesson = site.api("GET", f"/api/lessons/decode-not-text?lang=ru&program={name}")
    assert lesson["found"]["finding"] == finding
    saved, body = get(site, f"/api/programs/{name}/check.html?lang=ru")
    assert (saved.partition(";")[0], finding["title"] in body.decode()) == ("attachment", True)
    [suite] = ElementTree.fromstring(get(site, f"/api/programs/{name}/check.xml")[1])
    assert int(suite.get("failures", "0")) >= 1
    assert json.loads(get(site, f"/api/programs/{name}/check.json?lang=ru")[1]) == found["report"]
    assert page.hear()
    page.close()
    site.api("DELETE", f"/api/programs/{name}")
    again = site.api("GET", f"/api/programs/{name}/check")  # it becomes a program again
    assert (again["report"], again["check"]["state"]) == (None, "never")


def test_a_check_that_is_cancelled_leaves_no_process(
    site: Any, name: str, eventually: Wait
) -> None:
    others = set(psutil.Process().children(recursive=True))
    path = f"/api/programs/{name}/check"
    site.api("POST", path, {})
    eventually(lambda: site.api("GET", path)["check"]["progress"], "it is under way")
    # On a busy machine it may still be ending when the first answer comes.
    eventually(lambda: site.api("DELETE", path)["check"]["state"] == "cancelled", "it has ended")
    eventually(lambda: set(psutil.Process().children(recursive=True)) <= others)


def test_the_report_of_a_program_whose_name_has_stray_bytes_is_shown_and_saved(
    site: Any, name: str, tmp_path: Path, eventually: Wait
) -> None:
    path = tmp_path / "programs" / "gr\udcffets.py"
    path.write_text(HELLO.replace("data.decode()", "data"))
    name = OwnFile(path.resolve()).name
    site.api("POST", f"/api/programs/{name}/check", {"task": "hello"})
    found = settled(site, name, eventually)
    assert (found["check"]["state"], found["report"]["verdict"]) == ("done", "pass"), found
    saved = json.loads(get(site, f"/api/programs/{name}/check.json")[1])
    assert saved["program"] == "gr?ets.py"
    for form in ("html", "xml"):
        assert "gr·ets.py" in get(site, f"/api/programs/{name}/check.{form}")[1].decode()
    site.api("DELETE", f"/api/programs/{name}")


def test_one_that_runs_is_not_disturbed_without_a_word(
    site: Any, name: str, eventually: Wait
) -> None:
    view = site.api("POST", f"/api/programs/{name}/start?wait=30")
    refused = site.api("POST", f"/api/programs/{name}/check", {})
    assert (refused["status"], refused["error"]["code"]) == (409, "not_now")
    assert site.api("GET", f"/api/programs/{name}")["pid"] == view["pid"]
    assert site.api("POST", f"/api/programs/{name}/check", {"stop": True})["status"] == 202
    assert site.api("GET", f"/api/programs/{name}")["state"] == "STOPPED"
    site.api("DELETE", f"/api/programs/{name}/check")


def test_a_program_without_a_report_has_nothing_to_save_and_no_probe_of_it(
    site: Any, name: str
) -> None:
    page = site.talk("/ws/live", {"subscribe": ["check:chat"]})
    assert follow(page, lambda event: event["kind"] == "check")["state"] == "never"
    missing = site.api("GET", f"/api/programs/{name}/check.json")
    assert (missing["status"], missing["error"]["code"]) == (404, "unknown_server")
    assert missing["error"]["next_step"] == f"POST /api/programs/{name}/check"
    again = site.api("POST", f"/api/programs/{name}/check/again", {"probe": "nothing"})
    assert (again["status"], again["error"]["next_step"]) == (422, "see probes in the report")
    lesson = site.api("GET", f"/api/lessons/decode-not-text?program={name}")
    assert lesson["found"] is None


def test_lessons_are_listed_and_an_unknown_one_is_missing(site: Any) -> None:
    listed = site.api("GET", "/api/lessons?lang=ru")["lessons"]
    assert "one-at-a-time" in {one["id"] for one in listed}
    assert site.api("GET", "/api/lessons/nothing")["status"] == 404
    assert site.api("GET", "/api/lessons?lang=xx")["status"] == 422
    assert b"one-at-a-time" not in get(site, "/lessons")[1]  # the page asks for it
    with pytest.raises(urllib.error.HTTPError, match="404") as missing:
        get(site, "/lessons/nothing")
    missing.value.close()
