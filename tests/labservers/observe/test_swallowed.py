"""Exceptions that a loop has caught: which of them are told, and when."""

import contextlib
import json
import sys
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import pytest

from labservers.observe import swallowed
from labservers.observe.lines import OwnLines
from labservers.observe.swallowed import GRACE_S, KEPT, TOOL, Swallowed
from labservers.observe.tap import Tap
from tests.labservers.observe.monitoring import Monitoring

Task = Generator[None, None, None]


class Watching:
    """A clock that is set by hand, and what has been told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[Any] = []
        self.swallowed = Swallowed(Tap(OwnLines(__file__)), self.told.append, lambda: self.now)

    def lines_told(self, after_s: float) -> list[tuple[str, str | None]]:
        self.now += after_s
        self.swallowed.tell()
        return [(one.exception, one.message) for one in self.told]


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def unwound(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The callback, as Python calls it where an exception leaves a frame."""
    fake = Monitoring()
    monkeypatch.setattr(swallowed, "MONITORING", fake)
    watching.swallowed.watch()
    assert fake.watched[TOOL] == fake.events.PY_UNWIND
    return fake.callbacks[fake.events.PY_UNWIND]


def fails(text: str) -> None:
    raise ValueError(text)


def task(error: BaseException, unwound: Callable[..., Any]) -> Task:
    yield
    try:
        raise error
    except BaseException:
        unwound(sys._getframe().f_code, 0, error)
        raise


def outer(inner: Task, unwound: Callable[..., Any]) -> Task:
    try:
        yield from inner
    except BaseException as error:
        unwound(sys._getframe().f_code, 0, error)
        raise


def run(task: Task) -> None:
    with contextlib.suppress(BaseException):
        for _ in task:
            pass


def caught(function: Callable[[], Any]) -> BaseException:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("it has not failed")


def test_a_task_that_an_exception_has_left_is_told_after_a_moment(
    watching: Watching, unwound: Any
) -> None:
    run(task(ValueError("bad"), unwound))
    assert watching.lines_told(GRACE_S) == []
    assert watching.lines_told(0.1) == [("ValueError", "bad")]
    [crash] = watching.told
    assert (crash.swallowed, crash.main, crash.line.partition(":")[0]) == (
        True, False, "test_swallowed.py",
    )  # fmt: skip
    assert watching.lines_told(GRACE_S) == [("ValueError", "bad")]


def test_of_tasks_that_await_one_another_the_outermost_tells_it(
    watching: Watching, unwound: Any
) -> None:
    run(outer(outer(task(KeyError("k"), unwound), unwound), unwound))
    assert [name for name, _ in watching.lines_told(1.0)] == ["KeyError"]
    [crash] = watching.told
    assert [function for _, function, _ in crash.stack] == ["outer", "outer", "task"]


@pytest.mark.parametrize("error", [GeneratorExit(), KeyboardInterrupt(), SystemExit(1)])
def test_an_ending_is_not_an_error(watching: Watching, unwound: Any, error: BaseException) -> None:
    run(task(error, unwound))
    watching.swallowed.handled(error)
    assert watching.lines_told(1.0) == []


def test_a_function_or_a_library_that_an_exception_leaves_is_not_a_task(
    watching: Watching, unwound: Any
) -> None:
    unwound(fails.__code__, 0, ValueError("of a function"))
    unwound(contextlib.contextmanager.__code__, 0, ValueError("of a library"))
    assert watching.lines_told(1.0) == []


def test_another_tool_in_our_place_is_left_alone(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Monitoring(TOOL)
    monkeypatch.setattr(swallowed, "MONITORING", fake)
    watching.swallowed.watch()
    assert fake.callbacks == {}


def test_what_an_excepthook_gets_was_not_caught(watching: Watching, unwound: Any) -> None:
    """Nor was what has led to it."""
    cause, error = ValueError("first"), KeyError("then")
    run(task(cause, unwound))
    run(task(error, unwound))
    error.__cause__ = error.__context__ = cause
    watching.swallowed.not_caught(error)
    watching.swallowed.handled(cause)
    watching.swallowed.printed(cause)
    assert watching.lines_told(1.0) == []
    watching.swallowed.printed(cause)  # so long afterwards it is another one, of the same id()
    assert watching.lines_told(1.0) == [("ValueError", "first")]


def test_an_error_that_is_handled_is_told_where_it_has_ended_a_task(watching: Watching) -> None:
    def loop() -> None:
        next(failing)

    def failing_task() -> Task:
        yield
        fails("in a task")

    failing = failing_task()
    next(failing)
    watching.swallowed.handled(caught(loop))
    watching.swallowed.handled(caught(lambda: fails("in a function")))
    watching.swallowed.handled(None)
    watching.swallowed.end()
    assert [one.message for one in watching.told] == ["in a task"]
    watching.swallowed.end()
    assert len(watching.told) == 1


def test_a_traceback_that_is_printed_is_told_where_an_own_line_has_raised(
    watching: Watching,
) -> None:
    watching.swallowed.printed(caught(lambda: fails("own")))
    watching.swallowed.printed(caught(lambda: json.loads("{")))
    watching.swallowed.printed(ValueError("never raised"))
    assert watching.lines_told(1.0) == [("ValueError", "own")]


def test_not_more_wait_than_can_be_kept(watching: Watching) -> None:
    errors = [caught(partial(fails, str(number))) for number in range(KEPT + 5)]
    for error in errors:
        watching.swallowed.printed(error)
    assert len(watching.lines_told(1.0)) == KEPT


def drops(task: Task, watching: Watching) -> None:
    """A loop that drops what its task dies of."""
    try:
        for _ in task:
            pass
    except Exception as error:
        watching.swallowed.caught(error)


def plain(error: BaseException) -> Task:
    yield
    raise error


def catches(inner: Task, watching: Watching) -> Task:
    try:
        yield from inner
    except ValueError as error:
        watching.swallowed.caught(error)


def test_what_a_loop_catches_of_a_task_is_told(watching: Watching) -> None:
    drops(plain(ValueError("bad")), watching)
    assert watching.lines_told(1.0) == [("ValueError", "bad")]


def test_what_a_task_catches_of_another_one_is_its_own_affair(watching: Watching) -> None:
    drops(catches(plain(ValueError("bad")), watching), watching)
    assert watching.lines_told(1.0) == []


def test_what_a_function_has_failed_with_left_no_task(watching: Watching) -> None:
    watching.swallowed.caught(caught(lambda: fails("bad")))
    assert watching.lines_told(1.0) == []


def test_one_that_has_the_place_of_another_that_is_gone_is_another(watching: Watching) -> None:
    class Same(ValueError):
        """All of them are equal, and in one place."""

    same = Same("first")
    drops(plain(same), watching)
    same.args = ("second",)
    drops(plain(same.with_traceback(None)), watching)
    assert watching.lines_told(1.0) == [("Same", "first"), ("Same", "second")]
