"""The guard of a program under `make coverage`: `measured_guard.py GUARD LINE PROGRAM ...`.

It runs isolated, so that no variable brings it to say what it has run before it ends as its
program has: by a signal.
"""

import importlib
import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("measured_ends")))
sys.modules.pop("sitecustomize", None)  # of the system
importlib.import_module("sitecustomize")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
