"""The data folder changes hands: what is refused, and what a dashboard that hangs makes of it."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from dashboard import create_app, handover
from dashboard.errors import NotNow
from dashboard.instance import Instance
from tests.ports import free_port


@pytest.fixture
def extensions(tmp_path: Path) -> Any:
    return create_app({"data_dir": str(tmp_path)}).extensions


def test_the_one_that_holds_the_folder_has_nothing_to_take(extensions: Any) -> None:
    lab = extensions["lab"]
    handover.take_over(extensions)
    assert extensions["lab"] is lab


def test_one_that_looks_on_has_nothing_to_give(extensions: Any) -> None:
    extensions["lab"].look_on()
    with pytest.raises(NotNow, match="does not hold the folder"):
        handover.give_up(extensions)


def test_the_one_that_gives_it_looks_on_and_can_have_it_again(
    extensions: Any, tmp_path: Path
) -> None:
    first = extensions["lab"]
    first.instance.take()
    handover.give_up(extensions)
    second = extensions["lab"]
    assert (second.token, second.holder.view["pid"]) == (first.token, None)
    other = Instance(tmp_path)
    other.take(0.0)
    other.release()
    handover.take_over(extensions)
    third = extensions["lab"]
    assert (third.holder, third.instance.held) == (None, True)
    third.close()


def test_one_that_does_not_answer_keeps_the_folder(extensions: Any, tmp_path: Path) -> None:
    extensions["lab"].look_on()
    other = Instance(tmp_path)
    other.take(0.0)
    other.say(f"http://127.0.0.1:{free_port()}", "token")
    with pytest.raises(NotNow, match="does not answer") as refused:
        handover.take_over(extensions)
    assert "kill -9" in refused.value.next_step
    assert extensions["lab"].holder is not None
    other.release()


def test_one_that_ends_while_it_is_asked_is_followed(extensions: Any, tmp_path: Path) -> None:
    extensions["lab"].look_on()
    other = Instance(tmp_path)
    other.take(0.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other.say("http://{}:{}".format(*listener.getsockname()), "token")

        def end() -> None:
            with listener.accept()[0] as asks:
                asks.recv(1_000)
                other.release()

        ends = threading.Thread(target=end)
        ends.start()
        handover.take_over(extensions)
        ends.join()
    lab = extensions["lab"]
    assert (lab.holder, lab.instance.held) == (None, True)
    lab.close()
