"""One dashboard a data folder, and the address that is true while it serves."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import InUse
from dashboard.instance import NAME, Instance, find, in_use

HOLDER = """
import sys
from pathlib import Path
from dashboard.instance import Instance
instance = Instance(Path(sys.argv[1]))
instance.take()
instance.say("http://127.0.0.1:1", "secret")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the folder, until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == b"held\n"
        yield child
        child.kill()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path)
    yield made
    made.release()


def test_what_is_said_is_found_while_it_is_held(tmp_path: Path, instance: Instance) -> None:
    instance.take()
    assert find(tmp_path) is None
    instance.say("http://127.0.0.1:5000", "secret")
    there = find(tmp_path)
    assert there
    assert (there.address, there.token, there.pid) == (
        "http://127.0.0.1:5000",
        "secret",
        os.getpid(),
    )
    assert there.served
    instance.release()
    assert not (tmp_path / NAME).exists()
    assert find(tmp_path) is None


def test_only_its_user_can_read_it(tmp_path: Path, instance: Instance) -> None:
    (tmp_path / NAME).touch(0o644)
    instance.take()
    instance.say("http://127.0.0.1:5000", "secret")
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_second_one_is_refused_and_the_first_is_named(
    tmp_path: Path, instance: Instance, holder: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(InUse, match=f"pid {holder.pid}, at http://127.0.0.1:1,") as caught:
        instance.take(wait_s=0.1)
    assert "SOCKETLAB_DATA_DIR" in caught.value.next_step
    assert not instance.held


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_the_lock_ends_with_its_process(
    tmp_path: Path, instance: Instance, holder: subprocess.Popen[bytes], how: str
) -> None:
    assert holder.stdin
    if how == "killed":
        holder.kill()
    else:
        holder.stdin.close()
    holder.wait(30)
    there = find(tmp_path)
    if how == "killed":
        assert there
        assert (there.address, there.served) == ("http://127.0.0.1:1", False)
    else:
        assert there is None
    instance.take(wait_s=0.0)
    assert instance.held


def test_one_that_is_on_its_way_out_is_waited_for(
    instance: Instance, holder: subprocess.Popen[bytes]
) -> None:
    assert holder.stdin
    holder.stdin.close()
    instance.take(wait_s=10)
    assert instance.held


def test_an_instance_that_is_forgotten_lets_go(tmp_path: Path) -> None:
    forgotten = Instance(tmp_path)
    forgotten.take()
    del forgotten
    later = Instance(tmp_path)
    later.take(wait_s=0.0)
    later.release()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff\xfe",
        b"[" * 50_000,
        b"x" * 10_000_000,
        b'{"address": 5, "token": "t", "pid": 1}',
        b'{"address": "http://127.0.0.1:1", "token": null, "pid": 1}',
        b'{"address": "http://127.0.0.1:1", "token": "t"}',
        b'{"address": "http://127.0.0.1:1", "page": "http://127.0.0.1:1", "token": "t", "pid": true}',
        b'{"address": "file:///etc/passwd", "token": "t", "pid": 1}',
        b'{"address": "http://a b", "token": "t", "pid": 1}',
        b'{"address": "http://127.0.0.1:1\\r\\nX: y", "token": "t", "pid": 1}',
    ],
)
def test_a_file_that_says_something_else_says_nothing(
    tmp_path: Path, instance: Instance, text: bytes
) -> None:
    (tmp_path / NAME).write_bytes(text)
    assert find(tmp_path) is None
    instance.take()
    instance.say("http://127.0.0.1:5000", "secret")
    assert json.loads((tmp_path / NAME).read_bytes())["token"] == "secret"


@pytest.mark.parametrize("since", ["1e300", "-1.0", '"noon"', "null"])
def test_a_time_that_is_none_is_left_out_of_the_sentence(
    tmp_path: Path, instance: Instance, since: str
) -> None:
    instance.take()
    instance.say("http://127.0.0.1:5000", "secret")
    path = tmp_path / NAME
    said = json.loads(path.read_bytes())
    path.write_text(json.dumps(said).replace(str(said["since"]), since))
    assert f", pid {os.getpid()}, at http://127.0.0.1:5000, since ?, uses" in str(in_use(path))


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_not_a_file_is_not_waited_for(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    make(tmp_path / NAME)
    assert find(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        Instance(tmp_path / "file" / "folder").take()


FORKS = """
import os, sys
from pathlib import Path
from dashboard.instance import Instance
instance = Instance(Path(sys.argv[1]))
instance.take()
child = os.fork()
if not child:
    instance.release()
    os._exit(0)
os.waitpid(child, 0)
print(instance.held, Path(sys.argv[1], "dashboard.json").exists(), flush=True)
os._exit(0)
"""


def test_a_child_that_was_forked_gives_nothing_back(tmp_path: Path) -> None:
    words = [sys.executable, "-c", FORKS, str(tmp_path)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "True True\n"
