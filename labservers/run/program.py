"""Any Python program, run as if run directly, with a tap on its sockets.

`python -m labservers observe FILE` is `python FILE`, reported call by call. The program keeps its
arguments, its folder first on the path, its `__main__`, its traceback and its exit code.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import os
import sys
import types
from typing import Any

from labservers.command_line import EXIT_USAGE, Parser, inherited_socket
from labservers.observe.text import printable
from labservers.run.handlers import compiled, watch_modules
from labservers.run.observation import Observation, Telling


def main(words: list[str]) -> int:
    """Run what the command line names. A SystemExit or an exception of the program leaves."""
    parser = Parser(
        prog="python -m labservers observe",
        description="Run a Python program and say what its sockets do.",
    )
    parser.add_argument("--json", metavar="FILE", help="write it as lines of JSON, too")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--channel", type=inherited_socket, help=argparse.SUPPRESS)
    parser.add_argument("--threads", action="store_true", help="^\\ says where each thread stands")
    parser.add_argument("--cache", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--switch", type=float, metavar="SECONDS", help=argparse.SUPPRESS)
    parser.add_argument("file", metavar="FILE", help="the program")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs="...", help="for the program")
    options = parser.parse_args(words)
    telling = Telling(
        json=os.path.abspath(options.json) if options.json else None,
        prints=not options.quiet,
        channel=options.channel,
    )
    try:
        with open(options.file, "rb") as source:
            code = source.read()
        observation = Observation(options.file, options.arguments, telling)
    except OSError as error:
        name = printable(str(error.filename))
        print(f"{parser.prog}: cannot open {name}: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    observation.begin()
    if options.cache is not None:  # of the program's modules alone: ours are compiled already
        sys.pycache_prefix, sys.dont_write_bytecode = options.cache, False
    if options.switch is not None:  # threads take turns more often, so that a race is seen
        sys.setswitchinterval(options.switch)
    if options.threads:
        observation.answer_sigquit()
    run(options.file, code, options.arguments, observation)
    return 0


def follow(file: str, arguments: list[str], json: str | None, prints: bool) -> None:
    """Observe this process, which multiprocessing has spawned, and is about to use."""
    from multiprocessing import spawn as module

    spawn: Any = module

    observation = Observation(file, arguments, Telling(json, prints, child=True))
    observation.begin()
    original = spawn._main

    def _main(*arguments: Any) -> Any:
        code = original(*arguments)
        observation.ending(code)
        return code

    spawn._main = _main


def run(file: str, code: bytes, arguments: list[str], observation: Observation) -> None:
    """Run the program to its end in this thread."""
    path = os.path.abspath(file)
    sys.argv = [file, *arguments]
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    module = _main_module(path)
    sys.modules["__main__"] = module
    try:
        main = compiled(code, path, observation.caught)
        watch_modules(observation.is_own)
        exec(main, module.__dict__)
    except SystemExit as left:
        observation.ending(_exit_code(left.code))
        raise
    except BaseException as error:
        observation.died(error)
        raise


def _main_module(path: str) -> types.ModuleType:
    """`__main__` as Python makes it for a file on the command line."""
    module = types.ModuleType("__main__")
    loader: Any = importlib.machinery.SourceFileLoader("__main__", path)
    names = module.__dict__
    names.update(
        __file__=path, __loader__=loader, __spec__=None, __builtins__=sys.modules["builtins"]
    )
    if sys.version_info < (3, 14):
        names["__annotations__"] = {}
    if sys.version_info < (3, 15):
        names["__cached__"] = None
    return module


def _exit_code(code: object) -> int:
    """The exit code that the system sees of a SystemExit."""
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1
