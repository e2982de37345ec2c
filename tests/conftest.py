"""What every test has: a patient `eventually`, and a check that nothing is left behind."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lab")

LEAVE_S = 5.0


def wait_until(condition: Callable[[], Any], what: str = "", timeout_s: float = 10.0) -> Any:
    """The first true value of `condition()`; fails the test when there is none in time."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s: {what or condition}")
        pause.wait(0.01)
    return value


@pytest.fixture(name="eventually", scope="session")
def eventually_fixture() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def need() -> Callable[[str], str]:
    """The path of a program; its absence is a stated skip, and a failure where CI installs it."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"no {name} here; CI installs it")
            pytest.skip(f"no {name} here: install it to run this test")
        return path

    return find


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Threads and child processes of a test end with it."""
    us = psutil.Process()
    threads, children = set(threading.enumerate()), set(us.children())
    yield

    def left() -> list[object]:
        alive = [t for t in threading.enumerate() if t not in threads and t.is_alive()]
        born = [p for p in us.children() if p not in children and p.is_running()]
        return [*alive, *(p for p in born if p.status() != psutil.STATUS_ZOMBIE)]

    deadline = time.monotonic() + LEAVE_S
    pause = threading.Event()
    while left() and time.monotonic() < deadline:
        pause.wait(0.01)
    assert left() == []
