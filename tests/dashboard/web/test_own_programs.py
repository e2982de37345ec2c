"""Programs of the user over HTTP, with real processes."""

import json
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import create_app
from dashboard.programs.files import OwnFile
from tests.conftest import PATIENCE_S, RESTS, wait_until

ECHO = """
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, {reuse})
server.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
server.listen()
print("ready", sys.argv[1:])
while True:
    client, address = server.accept()
    data = client.recv(100)
    print("got", data.decode())
    client.sendall(data)
    client.close()
"""
ASKS = "name = input('name? ')\nprint('hello', name)\n"
CLIENT = """
import socket, sys
text = input("message: ")
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as server:
    server.sendall(text.encode())
    print(server.recv(100).decode())
"""
Put = Callable[..., str]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """put("server.py", text): a file in the listed folder; the name of its program."""

    def write(name: str, text: str) -> str:
        path = tmp_path / "programs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return OwnFile(path.resolve()).name

    return write


def start(site: Any, name: str, **chosen: Any) -> Any:
    return site.api("POST", f"/api/programs/{name}/start?wait=30", chosen)


def serve(site: Any, name: str, **chosen: Any) -> Any:
    """Start a program that listens: one that is slow to do so counts as running before that."""
    start(site, name, **chosen)
    return wait_until(lambda: (v := state(site, name))["listening"] and v, "it listens")


def state(site: Any, name: str) -> Any:
    return site.api("GET", f"/api/programs/{name}")


def exchange(address: str, data: bytes) -> bytes:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE_S) as client:
        client.sendall(data)
        answer = client.recv(100)
        while client.recv(100):  # the server closes first
            pass
        return answer


def test_from_a_listed_file_to_a_crash_and_again(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    name = put("lab1/echo.py", ECHO.format(reuse=1))
    listed = site.api("GET", "/api/programs")
    [file] = [file for file in listed["files"] if not file["example"]]
    assert (file["id"], file["title"], file["started"]) == (name, "echo.py", False)
    view = serve(site, name, arguments="0 'a b'", python=sys.executable)
    assert (view["state"], view["own"], view["file"]) == ("RUNNING", True, "echo.py")
    assert (view["task"], view["pid"] > 0, view["python"]) == (None, True, sys.executable)
    assert exchange(view["listening"][0], b"hello") == b"hello"
    assert exchange(view["listening"][0], b"\xff") == b""
    view = eventually(lambda: (v := state(site, name))["state"] == "FAILED" and v)
    assert view["failure"]["line"] == "echo.py:11"
    assert view["crashes"][-1]["exception"] == "UnicodeDecodeError"
    assert view["crashes"][-1]["bad"] == 0
    again = serve(site, name)
    assert (again["state"], again["crashes"], again["generation"]) == ("RUNNING", [], 2)


def test_the_same_calls_work_for_a_server_of_the_lab(site: Any) -> None:
    view = site.api("POST", "/api/programs/hello/start?wait=30")
    assert (view["state"], view["own"], view["file"]) == ("RUNNING", False, None)
    assert site.api("POST", "/api/programs/hello/restart?wait=30")["generation"] == 2
    source = site.api("GET", "/api/programs/hello/source")
    assert source["file"] == "hello.py"
    assert "UDP" in "".join(source["lines"])
    assert {"hello_peers.py", "event_loop.py"} <= set(source["files"])
    stopped = site.api("POST", "/api/programs/hello/interrupt?wait=30")
    assert stopped["status"] == 200
    refused = site.api("DELETE", "/api/programs/hello")["error"]
    assert (refused["code"], refused["next_step"]) == ("not_now", "it stays")


def test_a_program_that_asks_is_answered_and_finishes(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    name = put("asks.py", ASKS)
    start(site, name)
    view = eventually(lambda: (v := state(site, name))["waits_for_input"] and v)
    assert (view["state"], view["waits_for_input"]["prompt"]) == ("RUNNING", "name? ")
    console = site.talk("/ws/console", {"program": name})
    said = console.hear_output("name? ")  # the terminal may show first what is typed before it
    console.tell({"input": "Аня\n"})
    while said[-1].get("state", {}).get("state") != "ended":
        said.append(console.hear())
    assert "".join(one.get("output", "") for one in said) == "name? Аня\r\nhello Аня\r\n"
    assert "".join(one["output"] for one in said if one.get("tone") == "input") == "Аня\r\n"
    view = eventually(lambda: (v := state(site, name))["state"] == "STOPPED" and v)
    assert (view["finished"], view["failure"], view["last_run"]["exit_code"]) == (True, None, 0)


def test_two_tabs_see_one_console_and_a_late_one_the_whole_of_it(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    name = put("asks.py", ASKS)
    start(site, name)
    tabs = [site.talk("/ws/console", {"program": name}) for _ in range(2)]
    site.talk("/ws/console", {"program": name}).hear_output("name? ")
    tabs[0].tell({"input": "x\n"})
    eventually(lambda: state(site, name)["finished"])
    tabs.append(site.talk("/ws/console", {"program": name}))
    for tab in tabs:
        text = ""
        while not text.endswith("hello x\r\n"):
            text += tab.hear().get("output", "")
        assert text == "name? x\r\nhello x\r\n"
    tabs[1].tell({"input": "too late\n"})
    assert "does not run" in tabs[1].hear_until("refused")


def test_a_console_that_there_is_not_is_refused(site: Any) -> None:
    for first in ({"program": "nobody"}, {"program": "hello"}, {"program": 5}, {}):
        assert site.talk("/ws/console", first).close_code() == 4400
    assert site.talk("/ws/console", {"program": "hello", "token": "wrong"}).close_code() == 4401


def test_a_console_of_another_sites_page_is_refused(site: Any, put: Put) -> None:
    name = put("asks.py", ASKS)
    start(site, name)
    foreign = site.talk("/ws/console", {"program": name}, origin="http://evil.example")
    assert foreign.close_code() == 4403


def test_input_that_is_none_ends_the_console(site: Any, put: Put) -> None:
    name = put("asks.py", ASKS)
    start(site, name)
    for message in ({"input": 5}, {"input": "x" * 70_000}, {}, {"input": None}):
        console = site.talk("/ws/console", {"program": name})
        console.tell(message)
        assert console.close_code() == 4400


def test_a_flood_of_prints_reaches_a_tab_with_its_end(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    name = put("spins.py", "for n in range(40_000): print('spinning', n)\nprint('the end')")
    console_of = start(site, name)["name"]
    console = site.talk("/ws/console", {"program": console_of})
    text, skipped = "", 0
    while "the end" not in text:
        message = console.hear()
        text = (text + message.get("output", ""))[-1_000:]
        skipped += message.get("skipped", 0)
    eventually(lambda: state(site, name)["finished"])


def test_an_interrupt_ends_it_without_a_failure(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    name = put("rests.py", RESTS)
    start(site, name)
    eventually(lambda: "'up'" in str(site.api("GET", f"/api/servers/{name}/logs")["lines"]))
    site.api("POST", f"/api/programs/{name}/interrupt")
    view = eventually(lambda: (v := state(site, name))["state"] == "STOPPED" and v)
    assert (view["failure"], view["last_run"]["signal"]) == (None, "SIGINT")
    assert site.api("POST", f"/api/programs/{name}/interrupt")["status"] == 200


def test_a_port_that_another_program_of_the_user_has_names_it(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    one, other = put("one.py", ECHO.format(reuse=1)), put("other.py", ECHO.format(reuse=1))
    port = serve(site, one)["port"]
    start(site, other, arguments=str(port))
    view = eventually(lambda: (v := state(site, other))["state"] == "FAILED" and v)
    failure = view["failure"]
    assert (failure["reason"], failure["port"]) == ("port_in_use", port)
    assert failure["line"] == "other.py:5"
    assert failure["port_owner"]["ours"]
    assert "one.py" in failure["port_owner"]["command"]


def test_a_port_that_the_kernel_keeps_is_told_with_its_time(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    name = put("echo.py", ECHO.format(reuse=0))
    view = serve(site, name)
    assert exchange(view["listening"][0], b"x") == b"x"
    site.api("POST", f"/api/programs/{name}/kill?wait=30")
    start(site, name, arguments=str(view["port"]))
    failure = eventually(lambda: state(site, name)["failure"])
    assert failure["reason"] == "port_kept"
    assert "SO_REUSEADDR before bind() in echo.py:5" in failure["next_step"]


def test_several_run_at_once_and_a_client_beside_its_server(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    servers = [put(f"server{n}.py", ECHO.format(reuse=1)) for n in range(4)]
    client = put("client.py", CLIENT)
    for name in servers:
        site.api("POST", f"/api/programs/{name}/start", {})
    ports = [eventually(lambda name=name: state(site, name)["port"]) for name in servers]
    assert len(set(ports)) == 4
    start(site, client, arguments=f"127.0.0.1 {ports[2]}")
    eventually(lambda: state(site, client)["waits_for_input"])
    console = site.talk("/ws/console", {"program": client})
    console.tell({"input": "через консоль\n"})
    eventually(lambda: state(site, client)["finished"])
    path = f"/api/servers/{servers[2]}/logs"
    eventually(lambda: "got через консоль" in [n["text"] for n in site.api("GET", path)["lines"]])
    for name in servers:
        assert site.api("POST", f"/api/programs/{name}/stop?wait=30")["state"] == "STOPPED"


def test_an_interpreter_that_is_gone_is_said(
    site: Any, put: Put, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    name = put("asks.py", ASKS)
    path = tmp_path / "servers.json"
    path.write_text(json.dumps({name: {"python": str(tmp_path / "gone" / "python")}}))
    later = create_app({"data_dir": str(tmp_path), "programs": str(tmp_path / "programs")})
    lab = later.extensions["lab"]
    lab.supervisor.start(name)
    failure = lab.supervisor.view(name)["failure"]
    lab.close(1.0)
    assert (failure["reason"], failure["next_step"]) == ("spawn", "choose another Python")


def test_a_save_starts_it_again(site: Any, put: Put, eventually: Callable[..., Any]) -> None:
    name = put("echo.py", ECHO.format(reuse=1))
    serve(site, name)
    site.api("POST", f"/api/programs/{name}/settings", {"restart_on_save": True})
    put("echo.py", "def (")
    eventually(lambda: "syntax" in [one["code"] for one in state(site, name)["notices"]])
    assert (state(site, name)["generation"], state(site, name)["changed_on_disk"]) == (1, True)
    put("echo.py", ECHO.format(reuse=1) + "# saved\n")
    eventually(lambda: (v := state(site, name))["generation"] == 2 and v["state"] == "RUNNING")
    assert not state(site, name)["changed_on_disk"]


def test_a_newer_python_is_offered_where_the_file_needs_it(
    site: Any, put: Put, eventually: Callable[..., Any]
) -> None:
    pythons = {
        python["version"]: python["path"] for python in site.api("GET", "/api/programs")["pythons"]
    }
    older = [p for v, p in pythons.items() if tuple(map(int, v.split(".")[:2])) < (3, 12)]
    newer = [v for v in pythons if tuple(map(int, v.split(".")[:2])) >= (3, 12)]
    if not older or not newer:
        pytest.skip("needs a Python before 3.12 and one from 3.12 on")
    name = put("new.py", "type X = int\n")
    start(site, name, python=older[0])
    failure = eventually(lambda: state(site, name)["failure"])
    assert failure["reason"] == "python"
    assert failure["python_offered"]["version"] in newer
    view = start(site, name, python=failure["python_offered"]["path"])
    assert eventually(lambda: state(site, name)["finished"]), view


REFUSED = [
    ({"python": "/bin/sh"}, 422),
    ({"arguments": "'open"}, 422),
    ({"arguments": "a\nb"}, 422),
    ({"arguments": 5}, 422),
    ({"restart_on_save": "yes"}, 422),
    ({"host": "0.0.0.0"}, 400),
    ({"file": "/etc/passwd"}, 400),
]


def test_what_cannot_be_chosen_is_refused_with_a_sentence(site: Any, put: Put) -> None:
    name = put("asks.py", ASKS)
    for chosen, status in REFUSED:
        refused = site.api("POST", f"/api/programs/{name}/start", chosen)
        assert refused["status"] == status, chosen
        assert refused["error"]["message"]
        assert refused["error"]["next_step"]
    assert state(site, name)["state"] == "STOPPED"


def test_only_a_name_of_the_list_is_a_program(site: Any, put: Put) -> None:
    put("asks.py", ASKS)
    for name in ("nobody", "..%2f..%2fetc", "%00", "asks.py", "x" * 3_000):
        for method, path in (("GET", ""), ("POST", "/start"), ("GET", "/source"), ("DELETE", "")):
            assert site.api(method, f"/api/programs/{name}{path}")["status"] == 404, name


def test_its_own_files_are_read_and_no_other(site: Any, put: Put, tmp_path: Path) -> None:
    name = put("lab/server.py", "import utils\n# ключ\n")
    put("lab/utils.py", "X = 1\n")
    put("lab/deep/more.py", "Y = 2\n")
    put("secret.py", "password")
    found = site.api("GET", f"/api/programs/{name}/source")
    assert found["lines"] == ["import utils", "# ключ"]
    assert (found["file"], sorted(found["files"])) == (
        "server.py",
        ["deep/more.py", "server.py", "utils.py"],
    )
    deep = site.api("GET", f"/api/programs/{name}/source?file=deep/more.py")
    assert (deep["lines"], deep["cut"]) == (["Y = 2"], False)
    for other in ("../secret.py", str(tmp_path / "programs/secret.py"), "", "nothing.py", "deep"):
        refused = site.api("GET", f"/api/programs/{name}/source?file={other}")
        assert refused["status"] == 404


def test_a_program_is_forgotten_and_its_file_stays(
    site: Any, put: Put, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    name = put("asks.py", ASKS)
    live = site.talk("/ws/live", {"subscribe": []})
    view = start(site, name)
    assert view["state"] in ("STARTING", "RUNNING")
    assert site.api("DELETE", f"/api/programs/{name}")["error"]["next_step"] == "stop it first"
    site.api("POST", f"/api/programs/{name}/kill?wait=30")
    files = site.api("DELETE", f"/api/programs/{name}")["files"]
    assert [file["started"] for file in files if file["id"] == name] == [False]
    assert name not in [v["name"] for v in site.api("GET", "/api/servers")["servers"]]
    while not any(event["kind"] == "gone" for event in live.hear().get("events", [])):
        live.tell({"ack": 10**6})
    assert (tmp_path / "programs" / "asks.py").is_file()
    assert state(site, name)["state"] == "STOPPED"  # it can be opened again


def test_a_program_is_there_again_after_the_dashboards_end(
    site: Any, put: Put, tmp_path: Path
) -> None:
    name = put("asks.py", ASKS)
    site.api("POST", f"/api/programs/{name}/settings", {"arguments": "1 2"})
    config = {"data_dir": str(tmp_path), "programs": str(tmp_path / "programs")}
    later = create_app(config).extensions["lab"]
    [view] = [v for v in later.supervisor.views() if v["own"]]
    assert (view["name"], view["arguments"], view["state"]) == (name, "1 2", "STOPPED")


def test_a_file_that_was_removed_is_said_at_the_start(site: Any, put: Put, tmp_path: Path) -> None:
    name = put("asks.py", ASKS)
    assert state(site, name)["state"] == "STOPPED"
    (tmp_path / "programs" / "asks.py").unlink()
    refused = site.api("POST", f"/api/programs/{name}/start")
    assert refused["status"] == 422
    assert "gone" in refused["error"]["message"]


def page(site: Any, path: str) -> tuple[int, dict[str, Any]]:
    answer = site.app.test_client().get(path, headers={"Host": "127.0.0.1"})
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', answer.text, re.S)
    return answer.status_code, json.loads(found[1]) if found else {}


def test_the_page_of_a_listed_file_has_its_program(site: Any, put: Put) -> None:
    name = put("asks.py", ASKS)
    status, boot = page(site, f"/programs/{name}")
    assert (status, boot["page"]["tab"]) == (200, "console")
    assert name in [view["name"] for view in boot["snapshot"]["servers"]]
    status, boot = page(site, "/programs")
    assert (status, boot["page"]["view"]) == (200, "programs")
    assert [f["started"] for f in boot["snapshot"]["files"] if f["id"] == name] == [True]
    for path in ("/programs/nobody", f"/programs/{name}/rooms"):
        assert page(site, path)[0] == 404


def test_a_file_that_comes_is_told_to_an_open_page(site: Any, put: Put) -> None:
    live = site.talk("/ws/live", {"subscribe": []})
    assert live.hear()["type"] == "snapshot"
    name = put("late.py", ASKS)
    told: list[str] = []
    while name not in told:
        for event in live.hear().get("events", []):
            if event["kind"] == "files":
                told = [file["id"] for file in event["files"]]
