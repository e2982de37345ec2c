"""The limit of descriptors: raised in a process of its own, as it stays so."""

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")

LOWERED = """
import resource
from labservers.net.descriptors import raise_descriptor_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(raise_descriptor_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(100, 300), (300, 300)])
def test_the_limit_becomes_what_the_system_allows(soft: int, hard: int) -> None:
    code = LOWERED.format(soft=soft, hard=hard)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.split() == ["300", "300", "300"]
