"""Imports every module of the product, and says how many there are."""

import importlib
import pkgutil
import sys

import dashboard
import labservers

# What runs by itself: command lines, and the guard of a terminal, which Windows does not have.
LEFT_OUT = ("__main__", "observe_file", *(("guard",) if sys.platform == "win32" else ()))
names = [
    module.name
    for package in (labservers, dashboard)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if module.name.rpartition(".")[2] not in LEFT_OUT
]
for name in names:
    importlib.import_module(name)
print(sys.platform, len(names))
