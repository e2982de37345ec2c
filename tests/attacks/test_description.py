"""Requests made from the API's own description, a sample of `make fuzz`."""

import importlib.util
import os
import subprocess
import sys

import pytest

SAMPLE = "2"  # requests an operation
SECONDS = 300.0


def test_no_answer_is_a_500_and_each_is_as_described() -> None:
    if importlib.util.find_spec("schemathesis") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no schemathesis here; make test installs it")
        pytest.skip("no schemathesis here: pip install -e '.[test]'")
    command = [sys.executable, "-m", "bench.description", SAMPLE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 2xx, " in done.stdout
    assert done.stdout.endswith("0 operations not as described\n")
