"""Before Python 3.12: what the program's own files catch is told to the tap where it is caught.

An exception that ended a task, and that its loop drops without a call on a socket, leaves no trace
that one could come upon later. So each `except` of them begins with a call that says what it
handles. The call stands in the compiled code alone, on the line of its `except`, and costs
something only where an exception is handled. From 3.12 on sys.monitoring says it (swallowed.py).
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib.machinery
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

NAME = "__socketlab_handled__"
Handled = Callable[[BaseException], None]


def compiled(code: bytes, path: str, handled: Handled) -> CodeType:
    """The program's code. handled is called with each exception that an `except` of it, or a
    contextlib.suppress(), catches.

    Raises:
        SyntaxError, ValueError: as compile() does.
    """
    if sys.version_info >= (3, 12):
        return compile(code, path, "exec", dont_inherit=True)
    _watch(handled)
    done: CodeType = compile(_marked(code, path), path, "exec", dont_inherit=True)
    return done


def watch_modules(is_own: Callable[[str], bool]) -> None:
    """The same for the files beside the program's, which it imports; nothing of it is kept in a
    __pycache__. After compiled()."""
    if sys.version_info >= (3, 12):
        return
    loader: Any = importlib.machinery.SourceFileLoader
    original = loader.get_code

    def get_code(self: Any, fullname: str) -> Any:
        path = self.get_filename(fullname)
        if not is_own(path):
            return original(self, fullname)
        source = self.get_data(path)
        with contextlib.suppress(SyntaxError, ValueError):  # the next line raises it as ever
            source = _marked(source, path)
        return self.source_to_code(source, path)

    # A traceback leaves out the frames of imports, and knows them by this name.
    get_code.__code__ = get_code.__code__.replace(co_filename=original.__code__.co_filename)
    loader.get_code = functools.wraps(original)(get_code)


def _marked(code: bytes, path: str) -> Any:
    """The syntax tree, with the calls."""
    tree: Any = compile(code, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            call = ast.Expr(ast.Call(ast.Name(NAME, ast.Load()), [], []))
            node.body.insert(0, ast.fix_missing_locations(ast.copy_location(call, node)))
    return tree


def _watch(handled: Handled) -> None:
    """Whatever fails here is no failure of the program's."""

    def tell(error: Any) -> None:
        trace = error.__traceback__ if error is not None else None
        if trace is None or trace.tb_next is None:  # raised where it is handled
            return
        try:
            handled(error)
        except Exception:
            return

    setattr(builtins, NAME, lambda: tell(sys.exc_info()[1]))
    leave = contextlib.suppress.__exit__

    @functools.wraps(leave)
    def __exit__(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        caught = leave(self, kind, error, trace)
        if caught:
            tell(error)
        return caught

    suppress: Any = contextlib.suppress
    suppress.__exit__ = __exit__
