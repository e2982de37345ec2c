"""The calls at the begin of each `except`: what they tell, and that nothing else is changed."""

import builtins
import contextlib
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from labservers.run import handlers
from labservers.run.handlers import NAME, compiled

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="only before Python 3.12")

PROGRAM = b"""\
# -*- coding: latin-1 -*-
from __future__ import annotations
import contextlib
log = []
def fails(text):
    raise ValueError(text)
def at_once():
    try: raise KeyError("here")
    except KeyError: log.append("at once")
def nested():
    try:
        try:
            fails("first")
        except ValueError as error:
            fails(f"of {error}")
    except (TypeError, ValueError):
        log.append("nested")
        raise
try:
    fails("\xe9")
except:
    pass
at_once()
with contextlib.suppress(ValueError):
    fails("suppressed")
nested()
"""


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The exceptions that were told; what was replaced for it is put back."""
    leave: Any = contextlib.suppress.__exit__
    yield []
    suppress: Any = contextlib.suppress
    suppress.__exit__ = leave
    vars(builtins).pop(NAME, None)


def outcome(code: Any) -> tuple[list[str], str]:
    """Its log, and the traceback that ends it."""
    names: dict[str, Any] = {}
    try:
        exec(code, names)
    except Exception as error:
        return names["log"], "".join(traceback.format_exception(error))
    return names["log"], ""


def test_what_came_from_elsewhere_is_told_and_all_else_is_as_ever(told: list[str]) -> None:
    plain = outcome(compile(PROGRAM, "program.py", "exec", dont_inherit=True))
    tapped = outcome(compiled(PROGRAM, "program.py", lambda error: told.append(str(error))))
    assert tapped == plain
    assert plain[0] == ["at once", "nested"]
    assert 'program.py", line 15, in nested' in plain[1]
    assert told == ["\xe9", "suppressed", "first", "of first"]


def test_a_failure_of_ours_is_none_of_the_programs(told: list[str]) -> None:
    def handled(error: BaseException) -> None:
        told.append(str(error))
        raise RuntimeError("ours")

    plain = outcome(compile(PROGRAM, "program.py", "exec", dont_inherit=True))
    assert outcome(compiled(PROGRAM, "program.py", handled)) == plain
    assert len(told) == 4


@pytest.mark.parametrize("text", [b"def", b"x = '\xff'", b"try:\n    pass\n", b"\0"])
def test_what_is_no_program_is_refused_as_ever(told: list[str], text: bytes) -> None:
    refusals = []
    for translate in (
        lambda: compile(text, "program.py", "exec", dont_inherit=True),
        lambda: handlers.compiled(text, "program.py", lambda error: None),
    ):
        with pytest.raises((SyntaxError, ValueError)) as refusal:
            translate()
        refusals.append((type(refusal.value), refusal.value.args))
    assert refusals[0] == refusals[1]
