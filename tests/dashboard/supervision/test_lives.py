"""Random lives of one program against a model: no state stays, no process is a second one.

LIVES=10000 python -m pytest tests/dashboard/supervision/test_lives.py: as many, each time others.
"""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import NotNow
from dashboard.programs.catalogue import own_program
from dashboard.programs.files import OwnFile
from dashboard.supervision.lifecycle import SETTLED, TRANSITIONS, State
from dashboard.supervision.saves import RESTARTED
from labservers.observe import messages, observed
from tests.dashboard.supervision.conftest import FakeProcess, World
from tests.dashboard.supervision.lives import ACTS, FRAME, LISTENS, Act, Model, passes

LIVES = int(os.environ.get("LIVES", "400"))
ATTEMPTS = 2


class Life(World):
    """A world whose processes are known by whether they live, and which acts can be done to."""

    def __init__(self, folder: Path, *, own: bool) -> None:
        program = own_program(OwnFile(Path("/home/me/server.py"))) if own else None
        super().__init__(folder, program, restart_attempts=ATTEMPTS)
        self.own = own
        self.gone: set[int] = set()

    def wish(self, name: str) -> None:
        try:
            if name == "saved":
                self.server.restart(RESTARTED)
            else:
                getattr(self.server, name)()
        except NotNow:
            assert self.living()

    def living(self) -> list[FakeProcess]:
        return [process for process in self.processes if process.pid not in self.gone]

    def hears(self, what: str) -> None:
        for process in self.living():
            process.listener.on_message(self._message(what, process))

    def _message(self, what: str, process: FakeProcess) -> messages.Message:
        if what == "speaks":
            return FRAME
        if self.own:
            return observed.SocketEvents(1.0, [LISTENS])
        address = messages.Address("127.0.0.1", 8004)
        return messages.Ready(1.0, process.pid, "thread-per-client", [address])

    def is_checked(self, problem: str | None) -> None:
        self.problem = problem
        if self.later:
            self.later.pop(0)()

    def exits_with(self, code: int) -> None:
        for process in self.living():
            self.gone.add(process.pid)
            process.listener.on_exit(code)

    def may_spawn(self, may: bool) -> None:
        self.spawn_error = None if may else OSError(12, "Cannot allocate memory")

    def stale(self) -> list[FakeProcess]:
        return [process for process in self.processes if process.pid in self.gone]

    def stale_speaks(self) -> None:
        for process in self.stale():
            for what in ("speaks", "listens"):
                process.listener.on_message(self._message(what, process))

    def stale_exits(self) -> None:
        for process in self.stale():
            process.listener.on_exit(1)


def check(world: Life, model: Model) -> None:
    """What holds after each act."""
    assert world.server.state == model.state
    living = world.living()
    assert len(living) == (model.process is not None) <= 1
    assert len(living) == (world.server.alive or model.lost)
    if living:
        assert ("SIGKILL" in living[0].done) == model.killed
    state, moves = State.STOPPED, world.server.reports.moves.newest()
    for move in moves:
        assert move.before is state or move is moves[0]
        assert move.stayed_s >= 0
        assert TRANSITIONS[move.before, move.event] is move.after
        state = move.after
    assert state is world.server.state


def do(act: Act, world: Life, model: Model) -> None:
    act.model(model)
    act.world(world)
    check(world, model)


def comes_to_rest(world: Life, model: Model, *, mortal: bool) -> None:
    """Without another act: no state that passes lasts. mortal: a kill ends the process."""
    for _ in range(8):
        if mortal and model.killed and not model.lost:
            world.exits_with(-9)
            model.exits(-9)
        do(passes(6.0), world, model)
    assert world.server.state in SETTLED


def ends(world: Life, model: Model) -> None:
    """A stop of what is left leaves nothing."""
    world.exits_with(-9) if model.lost else world.wish("kill")
    world.exits_with(-9)
    world.wish("stop")
    assert (world.state, world.living()) == ("STOPPED", [])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lives")


@settings(max_examples=LIVES, derandomize="LIVES" not in os.environ, database=None)
@given(
    own=st.booleans(),
    mortal=st.booleans(),
    acts=st.lists(st.sampled_from(ACTS), min_size=12, max_size=40),
)
def test_any_life(folder: Path, own: bool, mortal: bool, acts: list[Act]) -> None:
    world, model = Life(folder, own=own), Model(own, 0 if own else ATTEMPTS)
    try:
        for act in acts:
            do(act, world, model)
        comes_to_rest(world, model, mortal=mortal)
        ends(world, model)
    finally:
        world.server.reports.log.close()
