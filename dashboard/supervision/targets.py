"""Where the clients of an experiment go: to sockets of a program that runs, and nowhere else."""

from dashboard.recording.recorder import Recorder
from dashboard.supervision.facts import Facts
from dashboard.supervision.lifecycle import State

UP = frozenset({State.RUNNING, State.FROZEN})


def targets(facts: Facts, recorder: Recorder) -> dict[str, tuple[str, int]]:
    """Kind of socket (stream or datagram) -> where clients reach it."""
    if facts.state not in UP:
        return {}
    seen = recorder.targets()
    if seen or not facts.run.sockets:
        return seen
    kind = "datagram" if facts.program.transport == "udp" else "stream"
    return {kind: facts.run.sockets[0]}
