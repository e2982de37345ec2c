"""A look at a program's syntax tree, to locate a cause that a probe has shown.

Nothing is accused for what stands here alone: the same line may be right in another program.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from labservers.checks.own_files import parsed

CHANGES = {"append", "add", "remove", "discard", "pop", "insert", "extend", "clear", "update"}
Fits: TypeAlias = Callable[[ast.AST], bool]
NEW_LINE = re.compile(r"\r\n|\r|\n")  # those of a source; splitlines() has more
DELIVERS = re.compile(r"send|put|write|say|push|queue|deliver|tell|answer|respond", re.IGNORECASE)
COPIES = {"list", "tuple", "copy", "sorted", "set", "deepcopy"}


class Place(NamedTuple):
    """line: "server.py:24"; source: its text."""

    line: str
    source: str


class Code:
    """The program's own files. A file that this Python cannot parse is left out."""

    def __init__(self, sources: Iterable[tuple[str, str]]) -> None:
        self._files: list[tuple[str, list[str], ast.Module]] = []
        for name, text in sources:
            tree = parsed(text)
            if tree is not None:
                self._files.append((name, NEW_LINE.split(text), tree))

    def calls(self, *names: str) -> list[Place]:
        """Calls of functions or methods with one of these names, in the order of the names."""
        return [place for name in names for place in self._calls(name)]

    def texts(self, pattern: str) -> list[Place]:
        """Where a string or bytes in the source matches."""
        wanted = re.compile(pattern)

        def matches(node: ast.AST) -> bool:
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, bytes):
                value = value.decode("latin-1")
            return isinstance(value, str) and wanted.search(value) is not None

        return self._places(ast.Constant, matches)

    def open_files(self) -> list[Place]:
        """Calls of makefile() whose file is neither closed by name nor by `with`."""
        closed = {
            ast.unparse(node.func.value)
            for node in self._nodes(ast.Call)
            if called(node) == "close" and isinstance(node.func, ast.Attribute)
        }

        def stays_open(node: ast.AST) -> bool:
            assert isinstance(node, ast.Assign)
            names = {ast.unparse(target) for target in node.targets}
            return called(node.value) == "makefile" and names.isdisjoint(closed)

        return self._places(ast.Assign, stays_open)

    def text_files_both_ways(self) -> list[Place]:
        """Calls of makefile() for text that is read and written by one file."""

        def both_ways(node: ast.AST) -> bool:
            if not isinstance(node, ast.Call) or called(node) != "makefile":
                return False
            modes = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "mode")]
            said = [one.value for one in modes if isinstance(one, ast.Constant)]
            return any(
                sorted(mode.replace("t", "")) == ["r", "w"]
                for mode in said
                if isinstance(mode, str)
            )

        return self._places(ast.Call, both_ways)

    def bare_excepts(self) -> list[Place]:
        """Handlers that catch ^C as well."""

        def catches_all(node: ast.AST) -> bool:
            caught = node.type if isinstance(node, ast.ExceptHandler) else None
            if isinstance(caught, ast.Name):
                return caught.id in ("BaseException", "KeyboardInterrupt")
            return caught is None

        return self._places(ast.ExceptHandler, catches_all)

    def takes_interrupts(self) -> list[Place]:
        """Calls of signal() for SIGINT."""

        def takes(node: ast.AST) -> bool:
            first = node.args[:1] if isinstance(node, ast.Call) else []
            return called(node) == "signal" and any("SIGINT" in ast.unparse(one) for one in first)

        return self._places(ast.Call, takes)

    def uses(self, *modules: str) -> bool:
        """Whether one of these modules is imported."""
        found: set[str] = set()
        for _, _, tree in self._files:
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module)
        return not found.isdisjoint(modules)

    def has_locks(self) -> bool:
        return bool(self.calls("Lock", "RLock"))

    def broadcasts(self) -> list[Place]:
        """Loops that send something to what they walk through."""
        return self._places(ast.For, is_broadcast)

    def in_broadcast(self, lines: Iterable[str | None]) -> bool:
        """Whether one of these lines, as "server.py:24", stands in such a loop."""
        inside = {
            f"{name}:{number}"
            for name, _, tree in self._files
            for node in ast.walk(tree)
            if isinstance(node, ast.For) and is_broadcast(node)
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        return not inside.isdisjoint(lines)

    def unguarded_broadcasts(self) -> list[Place]:
        """Those that walk through the shared list itself, without a lock."""
        guarded = {id(inside) for lock in self._locked() for inside in ast.walk(lock)}

        def unguarded(node: ast.AST) -> bool:
            assert isinstance(node, ast.For)
            copied = called(node.iter) in COPIES or isinstance(node.iter, ast.Subscript)
            return is_broadcast(node) and not copied and id(node) not in guarded

        return self._places(ast.For, unguarded)

    def _locked(self) -> Iterator[ast.With]:
        """Blocks under something that is called a lock."""
        for _, _, tree in self._files:
            for node in ast.walk(tree):
                held = " ".join(
                    ast.unparse(item.context_expr) for item in getattr(node, "items", ())
                )
                if isinstance(node, ast.With) and "lock" in held.lower():
                    yield node

    def loops_that_change(self) -> list[Place]:
        """Loops that add to, or remove from, what they walk through."""

        def changes(node: ast.AST) -> bool:
            assert isinstance(node, ast.For)
            walked = ast.unparse(node.iter)
            return any(
                called(one) in CHANGES
                and isinstance(one.func, ast.Attribute)
                and ast.unparse(one.func.value) == walked
                for one in inner(node)
            )

        return self._places(ast.For, changes)

    def time_limits(self) -> list[float]:
        """Numbers that are written into settimeout() and setdefaulttimeout(), in seconds."""
        return [
            float(node.args[0].value)
            for node in self._nodes(ast.Call)
            if called(node) in ("settimeout", "setdefaulttimeout")
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, int | float)
        ]

    def _calls(self, name: str) -> list[Place]:
        return self._places(ast.Call, lambda node: called(node) == name)

    def _nodes(self, kind: type[ast.Call]) -> Iterator[ast.Call]:
        for _, _, tree in self._files:
            yield from (node for node in ast.walk(tree) if isinstance(node, kind))

    def _places(self, kind: type[ast.AST], fits: Fits) -> list[Place]:
        found = []
        for name, lines, tree in self._files:
            nodes = [node for node in ast.walk(tree) if isinstance(node, kind) and fits(node)]
            numbers = sorted({getattr(node, "lineno", 0) for node in nodes})
            found += [Place(f"{name}:{number}", lines[number - 1].strip()) for number in numbers]
        return found


def called(node: ast.AST) -> str:
    """The name of the function or method that a call calls, or ""."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_broadcast(node: ast.AST) -> bool:
    """A loop that hands something to each of its members, by a method of it or as an argument."""
    if not isinstance(node, ast.For):
        return False
    names = {one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)}
    return any(
        DELIVERS.search(called(one)) and not names.isdisjoint(_names(one)) for one in inner(node)
    )


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def inner(node: ast.AST) -> Iterator[ast.Call]:
    """The calls inside it."""
    return (one for one in ast.walk(node) if isinstance(one, ast.Call))
