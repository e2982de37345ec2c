"""Paths that lead elsewhere: out of the folder, through links, to files that are none."""

import os
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from dashboard.programs.files import OwnFile

SECRET = "a secret of another folder"
TRICKS = [
    *("../{}", "..%2f{}", "%2e%2e/{}", "%2e%2e%2f{}", "..%5c{}", "....//{}", "..%252f{}"),
    *("../../../../../../../../{}", "..%2f..%2f..%2f..%2f..%2f..%2f{}", "/{}", "//{}", "%2f{}"),
    *(
        "js/../../{}",
        "js/..%2f..%2f{}",
        "{}%00.js",
        "js/main.js%00{}",
        "./{}",
        "file:///{}",
        "~/{}",
    ),
    *("..%c0%af{}", "..%ef%bc%8f{}", "%252e%252e/{}"),
]
PREFIXES = ["/static/", "/assets/{version}/", "/programs/"]
TARGETS = ["etc/passwd", "pyproject.toml"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the user's programs; beside it lies what is not theirs to show."""
    made = tmp_path / "programs"
    made.mkdir(exist_ok=True)
    (tmp_path / "secret.py").write_text(f"# {SECRET}\n")
    (made / "program.py").write_text("print('one')\n")
    return made


@pytest.fixture
def name(folder: Path) -> str:
    return OwnFile((folder / "program.py").resolve()).name


def raw_get(address: tuple[str, int], path: str) -> bytes:
    """A client that leaves the path as it is."""
    with socket.create_connection(address, 30) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65_536), b""))


def test_no_file_but_the_pages_own(site: Any) -> None:
    version = re.search(rb"/assets/([0-9a-f]{12})/", raw_get(site.address, "/"))
    assert version
    for prefix in PREFIXES:
        for trick in TRICKS:
            for target in TARGETS:
                path = prefix.format(version=version[1].decode()) + trick.format(target)
                answer = raw_get(site.address, path)
                status = answer.split(b" ", 2)[1]
                assert status in (b"302", b"308", b"400", b"403", b"404"), (path, answer[:300])
                for sign in (b"root:x:", b"[build-system]", b"token-of-the-tests"):
                    assert sign not in answer, path


@pytest.mark.parametrize("trick", TRICKS)
def test_no_source_but_the_programs_own(app: Flask, name: str, trick: str) -> None:
    client = app.test_client()
    for file in (trick.format("secret.py"), trick.format("etc/passwd"), "/etc/passwd", "\x00"):
        for program in (name, "hello"):
            answer = client.get(f"/api/programs/{program}/source", query_string={"file": file})
            assert answer.status_code == 404, file
            assert SECRET not in answer.text


@pytest.mark.parametrize("ending", ["check.html", "check.xml", "check.json", "wire.txt", "source"])
def test_no_download_under_a_name_that_is_a_path(app: Flask, folder: Path, ending: str) -> None:
    for trick in TRICKS:
        path = f"/api/programs/{trick.format('secret').lstrip('/')}/{ending}"
        with app.test_client().get(path) as answer:
            assert answer.status_code in (308, 400, 404), path
            assert SECRET not in answer.text


def listed(app: Flask) -> set[str]:
    headers = {"X-Lab-Token": "token-of-the-tests"}
    found = app.test_client().post("/api/programs/look", headers=headers).get_json()
    return {file["title"] for file in found["files"]}


def test_what_is_not_a_file_of_the_folder_is_not_in_the_catalogue(app: Flask, folder: Path) -> None:
    os.mkfifo(folder / "fifo.py")
    (folder / "device.py").symlink_to("/dev/zero")
    (folder / "out.py").symlink_to(folder.parent / "secret.py")
    (folder / "outer").symlink_to(folder.parent)
    (folder / "circle.py").symlink_to("circle.py")
    (folder / "folder.py").mkdir()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "socket.py"))
    (folder / "again.py").symlink_to("program.py")
    ours = {file for file in listed(app) if not file.startswith(("1", "2", "3", "4", "5"))}
    assert "program.py" in ours
    assert not ours & {
        "fifo.py",
        "device.py",
        "out.py",
        "secret.py",
        "circle.py",
        "folder.py",
        "socket.py",
    }


@pytest.mark.parametrize("becomes", ["link", "fifo", "device", "folder", "nothing"])
def test_a_file_that_is_swapped_after_it_was_listed(
    app: Flask, folder: Path, name: str, becomes: str
) -> None:
    client = app.test_client()
    assert client.get(f"/api/programs/{name}").status_code == 200
    path = folder / "program.py"
    path.unlink()
    match becomes:
        case "link":
            path.symlink_to(folder.parent / "secret.py")
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
    answers: list[Any] = []
    asking = threading.Thread(
        target=lambda: answers.append(client.get(f"/api/programs/{name}/source"))
    )
    asking.start()
    asking.join(30)
    assert not asking.is_alive(), "it waits for a writer, or reads without end"
    assert answers[0].status_code == 404
    assert SECRET not in answers[0].text


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A listed file in a folder of a folder; beside the list lies a tree of the same names, whose
    file leaves a mark where it is run."""
    text = f"open({str(tmp_path / 'mark')!r}, 'w')  # {SECRET}\n"
    for tree in ("programs", "outside"):
        inner = tmp_path / tree / "sub" / "inner"
        inner.mkdir(parents=True)
        (inner / "x.py").write_text("print('one')\n" if tree == "programs" else text)
    (inner / "other.py").write_text(f"# {SECRET}\n")
    return tmp_path / "programs" / "sub" / "inner" / "x.py"


def swap_folder(tmp_path: Path, folder: str) -> None:
    """The folder of the list becomes a link to that of the tree beside it."""
    ours = tmp_path / "programs" / folder
    ours.rename(tmp_path / "kept")
    ours.symlink_to(tmp_path / "outside" / folder)


@pytest.mark.parametrize("folder", ["sub/inner", "sub", ""])
def test_a_folder_that_is_swapped_after_its_file_was_listed(
    app: Flask, tmp_path: Path, deep: Path, folder: str
) -> None:
    name, client = OwnFile(deep.resolve()).name, app.test_client()
    assert client.get(f"/api/programs/{name}/source").get_json()["files"] == ["x.py"]
    swap_folder(tmp_path, folder)
    for file in ("", "?file=x.py", "?file=other.py"):
        answer = client.get(f"/api/programs/{name}/source{file}")
        assert answer.status_code == 404
        assert SECRET not in answer.text
        assert "is a link now" in answer.get_json()["error"]["message"]
        assert answer.get_json()["error"]["next_step"]


@pytest.mark.parametrize("folder", ["sub/inner", "sub", ""])
def test_what_a_swapped_folder_leads_to_is_not_started(
    site: Any, tmp_path: Path, deep: Path, folder: str, eventually: Callable[..., Any]
) -> None:
    name = OwnFile(deep.resolve()).name
    assert site.api("POST", f"/api/programs/{name}/start?wait=30", {})["status"] == 200
    eventually(lambda: site.api("GET", f"/api/programs/{name}")["finished"])
    swap_folder(tmp_path, folder)
    for action in ("programs/{}/start", "programs/{}/restart", "programs/{}/check"):
        for path in {action, action.replace("programs", "servers").replace("check", "start")}:
            refused = site.api("POST", f"/api/{path.format(name)}", {})
            assert refused["status"] == 422, path
            assert "is a link now" in refused["error"]["message"]
            assert refused["error"]["next_step"]
    assert not (tmp_path / "mark").exists()
    ours = tmp_path / "programs" / folder
    ours.unlink()
    (tmp_path / "kept").rename(ours)
    assert site.api("POST", f"/api/programs/{name}/start?wait=30", {})["status"] == 200


def test_a_folder_that_is_swapped_again_and_again(app: Flask, tmp_path: Path, deep: Path) -> None:
    """Between the look and the open, too: the secret is never seen, and nothing breaks."""
    name, client = OwnFile(deep.resolve()).name, app.test_client()
    client.get(f"/api/programs/{name}")
    ours, over = deep.parent, threading.Event()

    def swap() -> None:
        while not over.is_set():
            swap_folder(tmp_path, "sub/inner")
            ours.unlink()
            (tmp_path / "kept").rename(ours)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        answers = [client.get(f"/api/programs/{name}/source") for _ in range(200)]
    finally:
        over.set()
        swapping.join()
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert not [answer.text for answer in answers if SECRET in answer.text]


def test_a_file_that_is_swapped_again_and_again(app: Flask, folder: Path, name: str) -> None:
    """Between the look and the open, too: the secret is never seen."""
    client = app.test_client()
    client.get(f"/api/programs/{name}")
    path, over = folder / "program.py", threading.Event()

    def swap() -> None:
        spare = folder / "spare"
        while not over.is_set():
            spare.symlink_to(folder.parent / "secret.py")
            spare.replace(path)
            spare.write_text("print('one')\n")
            spare.replace(path)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        texts = [client.get(f"/api/programs/{name}/source").text for _ in range(100)]
    finally:
        over.set()
        swapping.join()
    assert not [text for text in texts if SECRET in text]


def test_a_huge_file_is_shown_in_part(app: Flask, folder: Path) -> None:
    path = folder / "huge.py"
    with path.open("wb") as file:
        file.write(b"print('begin')\n")
        file.truncate(10 * 1024**3)  # sparse
    name = OwnFile(path.resolve()).name
    answer = app.test_client().get(f"/api/programs/{name}/source")
    assert answer.status_code == 200
    assert answer.get_json()["cut"]
    assert len(answer.data) < 16 * 1024 * 1024
