"""Loads of a chat that talk in turns: between them each stands at its standard input.

As in turns.py: a neighbour on the machine changes its speed for seconds at a time, and turns of a
tenth of a second make that a disturbance of all servers alike. At the end of its turn a load
waits until all that was said has come.
"""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping

from bench.arena import Run
from bench.children import Child
from bench.figures import rotated
from bench.generator import MARGIN_S, LoadFailed, Outcome, Serving
from bench.load.stopwatch import BEGIN, OVER

TURN_S = 0.15


class Talk:
    """A load of bench/load before a server of its own, from its first turn to its outcome()."""

    def __init__(self, child: Child, server: Serving) -> None:
        self._child = child
        self._server = server
        self._wait_for(BEGIN)
        self._used_s = server.cpu_s()

    def turn(self, seconds: float) -> None:
        """Talk for so long.

        Raises:
            LoadFailed: it broke, or did not end in time.
        """
        self._child.forget_lines()
        self._child.say(f"{seconds:g}")
        self._wait_for(OVER)

    def outcome(self) -> Outcome:
        """Of all turns; it is the last that is asked of it.

        Raises:
            LoadFailed: as turn().
        """
        served_s = self._server.cpu_s() - self._used_s
        self._child.no_more()
        figures = json.loads(self._wait_for('{"'))
        spent_s = figures["seconds"]
        return Outcome(figures, 100 * served_s / spent_s, 100 * figures["cpu_s"] / spent_s)

    def _wait_for(self, start: str) -> str:
        line = self._child.line_with(start, MARGIN_S)
        if line is None:
            raise LoadFailed(f"the load did not get to {start!r}: {self._child.last_words()}")
        return line


@contextlib.contextmanager
def talking(run: Run, load: str, server: Serving, *more: object) -> Iterator[Talk]:
    """A program of bench/load, ready for its turns.

    Raises:
        LoadFailed: it did not come so far.
    """
    words = [sys.executable, "-m", f"bench.load.{load}", str(server.port), *map(str, more)]
    with Child(words, core=run.cores.load) as child:
        yield Talk(child, server)


def outcomes(talks: Mapping[str, Talk], turns: int) -> dict[str, Outcome | LoadFailed]:
    """Of each talk, after so many turns of TURN_S; those that fail have no more of them."""
    failed: dict[str, Outcome | LoadFailed] = {}
    for turn in range(turns):
        for name in rotated([name for name in talks if name not in failed], turn):
            try:
                talks[name].turn(TURN_S)
            except LoadFailed as error:
                failed[name] = error
    return {name: failed.get(name) or _outcome(talk) for name, talk in talks.items()}


def _outcome(talk: Talk) -> Outcome | LoadFailed:
    try:
        return talk.outcome()
    except LoadFailed as error:
        return error
