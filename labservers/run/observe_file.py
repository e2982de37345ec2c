"""`python observe_file.py [--json FILE] [--quiet] FILE [ARGUMENT ...]`: observe, by a path.

Any Python from 3.9 on runs it. The package is loaded from where it lies, so that no folder of
ours is ever on the program's path, and none of our names but `labservers` is taken.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any


def load() -> None:
    """Put the package `labservers` into sys.modules; its parts are found through it."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        del sys.path[0]
    folder = os.path.dirname(here)
    spec = importlib.util.spec_from_file_location(
        "labservers", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["labservers"] = package
    spec.loader.exec_module(package)


def follow(*what: Any) -> None:
    """Observe this process, as program.follow() says."""
    load()
    from labservers.run.program import follow

    follow(*what)


def main() -> int:
    load()
    from labservers.run.program import main as observe

    return observe(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
