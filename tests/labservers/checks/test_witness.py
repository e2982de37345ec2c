"""What a program's channel says, also where other code than the tap writes to it."""

import pytest

from labservers.checks.witness import MOST, Witness
from labservers.observe import messages, observed

CRASH = observed.Crash(
    1.0, "worker", False, "ValueError", "no", "server.py:3", "int(x)", [], {}, None, None, None,
    None, False,
)  # fmt: skip


@pytest.fixture
def witness() -> Witness:
    return Witness(lambda line: None)


def crash(**changed: object) -> bytes:
    return messages.encode(CRASH._replace(**changed))


def test_a_death_is_known_with_its_line_and_bytes(witness: Witness) -> None:
    witness.take(crash(received="/w==", bad=0, stack=[["server.py:3", "serve", "int(x)"]]))
    [death] = witness.deaths
    assert (death.line, death.received, death.bad) == ("server.py:3", b"\xff", 0)
    assert death.stack == (("server.py:3", "serve", "int(x)"),)


@pytest.mark.parametrize(
    "line",
    [
        crash(received="a"),  # not base64
        crash(stack=[[]]),
        b'{"type":"crash"}\n',
        b'{"type":"crash",' + b"[" * 100_000,
        b"\xff\n",
        b'{"type":"points"}\n',
        b'{"type":"socket_events","at":1,"events":[7]}\n',
    ],
    ids=range(7),
)
def test_a_forged_line_is_passed_over(witness: Witness, line: bytes) -> None:
    witness.take(line)
    assert (witness.deaths, witness.points()) == ([], [])
    witness.take(crash())
    assert len(witness.deaths) == 1


def test_deaths_without_end_are_bounded(witness: Witness) -> None:
    line = crash()
    for _ in range(MOST + 10):
        witness.take(line)
    assert len(witness.deaths) == MOST
