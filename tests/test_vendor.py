"""The vendored scripts are those of their manifest, and every one stands in it."""

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text("utf-8"))


def test_every_file_is_as_it_was_taken() -> None:
    sums = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in MANIFEST}
    assert sums == {name: entry["sha256"] for name, entry in MANIFEST.items()}


def test_every_script_and_style_is_named() -> None:
    assert {path.name for path in VENDOR.iterdir() if path.suffix in (".js", ".css")} == {*MANIFEST}


def test_every_package_brings_its_licence() -> None:
    packages = {entry["package"] for entry in MANIFEST.values()}
    assert {f"LICENSE-{package}.txt" for package in packages} <= {p.name for p in VENDOR.iterdir()}
