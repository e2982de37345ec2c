"""The locals of a frame as short texts, and what the look leaves behind."""

import sys
import threading
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from labservers.observe.variables import LOCALS, locals_of, plain


def never(*_: object) -> Any:
    """Is the program's own code."""
    raise AssertionError("called")


class Thing:
    """An object of a program, all of whose methods are its code."""

    __repr__ = __str__ = __lt__ = __eq__ = __len__ = __iter__ = never
    __hash__ = object.__hash__


# A class of classes that names and compares them by its own code.
OWN: dict[str, Any] = {"__name__": property(never), "__eq__": never, "__hash__": never}
Named: Any = type("Named", (type,), OWN)
# Gives itself for another object, as a proxy of a library, which asks for what it stands for.
Proxy: Any = Named("Proxy", (), {"__class__": property(never)})


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
        ([int], "[<type>]"),
        (9**20, "12157665459056928801"),
        (set(), "set()"),
        (frozenset(), "frozenset()"),
        ({}, "{}"),
        ({Thing(): 1}, "{<Thing>: 1}"),
        (dict.fromkeys((3, 1, 2, 0, 9)), "{3: None, 1: None, 2: None, 0: None, ...}"),
        ({frozenset({1}): {2}}, "{frozenset({1}): {2}}"),
        (dict.fromkeys((3, 1, 2, 0)), "{3: None, 1: None, 2: None, 0: None}"),
        (set(range(9)), "{0, 1, 2, 3, 4, 5, ...}"),
        (set(range(6)), "{0, 1, 2, 3, 4, 5}"),
        ([[[[[[{}]]]]]], "[[[[[[{}]]]]]]"),
        ([[[[[[{1}]]]]]], "[[[[[[{...}]]]]]]"),
        ({((((((1,),),),),),): 1}, "{((((((...),),),),),): 1}"),
        ({frozenset({(((((1,),),),),)})}, "{frozenset({(((((...),),),),)})}"),
        ([[[[[[[1]]]]]]], "[[[[[[[...]]]]]]]"),
        ({1: {1: {1: {1: {1: {1: {1: 1}}}}}}}, "{1: {1: {1: {1: {1: {1: {...}}}}}}}"),
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


@pytest.mark.parametrize(
    ("base", "exponent", "text"),
    [
        (10, 4_000, "1" + "0" * 17 + "..." + "0" * 19),
        (9, 9_999, "<int of 31,697 bits>"),
        (2, 13_999, str(2**13_999)[:18] + "..." + str(2**13_999)[-19:]),
        (2, 14_000, "<int of 14,001 bits>"),
        (-2, 20_001, "<int of 20,002 bits>"),
        (2, 50_000_000, "<int of 50,000,001 bits>"),
    ],
)
def test_a_number_that_python_does_not_write_is_its_size(
    base: int, exponent: int, text: str
) -> None:
    assert plain.repr(base**exponent) == text
    assert plain.repr([{"n": base**exponent}, 1]) == f"[{{'n': {text}}}, 1]"


@pytest.mark.parametrize("kind", [set, frozenset, dict.fromkeys])
def test_what_a_program_sorts_by_its_own_code_is_not_sorted(kind: Any) -> None:
    assert plain.repr(kind([Thing(), Thing()])).count("<Thing>") == 2


@pytest.mark.parametrize("before", [{1: 1}, [1], {1}])
def test_values_that_another_thread_changes_meanwhile_have_a_text(before: Any) -> None:
    value, over = before, threading.Event()
    put, take = {
        dict: (lambda n: value.setdefault(n), lambda n: value.pop(n)),
        set: (lambda n: value.add(n), lambda n: value.discard(n)),
        list: (lambda n: value.append(n), lambda n: value.pop()),
    }[type(value)]

    def change() -> None:
        while not over.is_set():
            for number in range(2, 60):
                put(number)
            for number in range(2, 60):
                take(number)

    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=change)
    thread.start()
    try:
        texts = {plain.repr([value])[:2] for _ in range(3_000)}
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(switching)
    assert texts <= {"[{", "[[", "[<"}


def test_a_number_that_the_program_has_forbidden_to_write_is_its_type() -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert plain.repr((1, 10**700, 2)) == "(1, <int>, 2)"
    finally:
        sys.set_int_max_str_digits(limit)


def test_a_value_that_is_too_deep_for_what_is_left_of_the_stack_is_its_type() -> None:
    def deep() -> str:
        try:
            return deep()
        except RecursionError:
            return plain.repr({1: [(2,)]})

    assert deep()[0] in "{<"


def test_an_object_that_gives_itself_for_another_is_a_variable_of_its_module() -> None:
    shown: dict[str, str] = {}
    source = "use = thing\nshown.update(look(frame()))\n"
    module(source, shown=shown, look=locals_of, frame=sys._getframe, thing=Proxy())
    assert shown == {"shown": "{}", "use": "<Proxy>", "thing": "<Proxy>"}
    assert plain.repr([Proxy]) == "[<Named>]"


def test_names_of_a_module_that_are_no_names_are_left_out() -> None:
    shown: dict[str, str] = {}
    source = "globals().update({1: 1, thing: 2})\nshown.update(look(frame()))\n"
    module(source, shown=shown, look=locals_of, frame=sys._getframe, thing=Thing())
    assert shown == {"shown": "{}", "thing": "<Thing>"}


class OwnDict(dict[str, Any]):
    """As an enum's while its class is made."""

    items = keys = values = copy = __iter__ = never


class OwnMapping:
    """Names that are the program's own to keep."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Any:
        return self.kept[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.kept[name] = value

    def items(self) -> Any:
        self.asked.append("items")
        return self.kept.items()


@pytest.mark.parametrize(("names", "text"), [(OwnDict(), {"one": "1"}), (OwnMapping(), {})])
def test_names_that_are_kept_by_the_programs_code_are_read_without_it(
    names: Any, text: dict[str, str]
) -> None:
    shown: dict[str, str] = {}
    known = {"shown": shown, "look": locals_of, "frame": sys._getframe}
    exec(compile("one = 1\nshown.update(look(frame()))\n", "server.py", "exec"), known, names)
    assert shown == text
    assert getattr(names, "asked", []) == []


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
