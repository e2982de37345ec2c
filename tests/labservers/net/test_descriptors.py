"""The limit of descriptors: raised in a process of its own, as it stays so."""

import subprocess
import sys

import pytest

from labservers.net.descriptors import WITHOUT_LIMITS, descriptor_limit, raise_descriptor_limit

resource = pytest.importorskip("resource")

LOWERED = """
import resource
from labservers.net.descriptors import raise_descriptor_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(raise_descriptor_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


UNLIMITED = """
import resource
from labservers.net.descriptors import raise_descriptor_limit
resource.getrlimit = lambda which: ({soft}, resource.RLIM_INFINITY)
resource.setrlimit = lambda which, limits: print(*limits)
print(raise_descriptor_limit())
"""


def run(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("soft", [256, 65_536])
def test_a_system_without_a_limit_gives_what_is_enough(soft: int) -> None:
    infinite = str(resource.RLIM_INFINITY)
    assert run(UNLIMITED.format(soft=soft)) == ["65536", infinite, "65536"]


@pytest.mark.parametrize(("soft", "hard"), [(100, 300), (300, 300)])
def test_the_limit_becomes_what_the_system_allows(soft: int, hard: int) -> None:
    assert run(LOWERED.format(soft=soft, hard=hard)) == ["300", "300", "300"]


def test_a_system_that_allows_no_more_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(which: int, limits: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_descriptor_limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_system_that_knows_no_limits_has_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert raise_descriptor_limit() == descriptor_limit() == WITHOUT_LIMITS


def test_the_limit_of_now_is_neither_raised_nor_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (300, 900))
    assert descriptor_limit() == 300
    monkeypatch.setattr(resource, "getrlimit", lambda which: (2**40, 2**40))
    assert descriptor_limit() == 65_536
