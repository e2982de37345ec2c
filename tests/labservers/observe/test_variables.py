"""The locals of a frame as short texts, and what the look leaves behind."""

import sys
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from labservers.observe.variables import LOCALS, locals_of, plain


class Thing:
    """An object of a program, whose repr() is its code."""

    def __repr__(self) -> str:
        raise AssertionError("called")


def module(source: str, **names: Any) -> dict[str, Any]:
    """The names of a module once its code has run."""
    exec(compile(source, "server.py", "exec"), names)
    return names


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Thing(), "<Thing>"),
        ([Thing(), 1], "[<Thing>, 1]"),
        (Thing, "<type>"),
        (True, "True"),
        (None, "None"),
        (2j, "2j"),
        ({"a": (1, 2.5)}, "{'a': (1, 2.5)}"),
        (frozenset({1}), "frozenset({1})"),
        ({1}, "{1}"),
        (bytearray(b"x"), "bytearray(b'x')"),
        (b"x" * 120, repr(b"x" * 120)),
        (b"x" * 121, repr(b"x" * 100) + "... (121 bytes)"),
        (b"x" * 1_021, repr(b"x" * 100) + "... (1,021 bytes)"),
        ("x" * 118, repr("x" * 118)),
        ("x" * 119, "'" + "x" * 57 + "..." + "x" * 58 + "'"),
        (bytearray(200), repr(bytearray(200))[:58] + "..." + repr(bytearray(200))[-59:]),
    ],
)
def test_a_short_text_of_a_value(value: Any, text: str) -> None:
    assert plain.repr(value) == text


def test_the_newest_names_are_shown_without_those_of_python() -> None:
    many = "".join(f"name_{number} = {number}\n" for number in range(LOCALS + 5))
    shown: dict[str, str] = {}
    source = f"{many}_one = 1\n__two = 2\nshown.update(look(frame()))\n"
    module(source, shown=shown, look=locals_of, frame=sys._getframe)
    assert LOCALS == 30
    assert list(shown) == [*(f"name_{number}" for number in range(6, 35)), "_one"]
    assert shown["name_6"] == "6"


def test_of_a_module_what_it_imports_and_defines_is_not_a_variable() -> None:
    shown: dict[str, str] = {}
    source = "import os\nfrom os import *\ndef f(): pass\nclass C: pass\nmade, use = C(), f\n"
    module(
        f"{source}shown.update(look(frame()))\n", shown=shown, look=locals_of, frame=sys._getframe
    )
    assert shown == {"shown": "{}", "made": "<C>"}


def bound_again() -> tuple[str, bool]:
    """What is shown of a name, and whether its object is there after the name is bound again.

    Without an assertion: pytest puts a call of locals() into functions that have one.
    """
    thing: Thing | None = Thing()
    there = weakref.ref(thing)
    shown = locals_of(sys._getframe())["thing"]
    thing = None
    return shown, there() is not None


def test_an_object_whose_name_is_bound_again_is_not_kept() -> None:
    assert bound_again() == ("<Thing>", False)


@pytest.mark.parametrize("source", ["look(frame())\nkept = 1\n", "kept = 1\nlook(frame())\n"])
def test_the_names_of_a_module_stay(source: str) -> None:
    assert module(source, look=locals_of, frame=sys._getframe)["kept"] == 1


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="each f_locals is a new view there")
@pytest.mark.parametrize("name", ["locals", "vars", "dir", "eval", "exec"])
def test_a_dict_that_the_program_may_have_asked_for_stays(name: str) -> None:
    asks = f"""def do():
    one, mine = 1, frame().f_locals
    look(frame())
    return mine if mine is not None else {name}()
"""
    done = module(asks, look=locals_of, frame=sys._getframe)["do"]()
    assert done["one"] == 1


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="a frame keeps no dict there")
@pytest.mark.parametrize(("traced", "names"), [(True, {"one": 1}), (False, {})])
def test_in_a_trace_function_the_dict_is_left_as_it_is(traced: bool, names: Any) -> None:
    frame = SimpleNamespace(f_locals={"one": 1}, f_code=names_only.__code__)
    assert locals_of(frame, traced=traced) == {"one": "1"}
    assert frame.f_locals == names


def names_only() -> None:
    """Has the code of a function."""
