"""Both READMEs say the same, and everything they name exists."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from dashboard.config import PREFIX, Config
from labservers.clients.__main__ import CLIENTS
from labservers.registry import SERVERS, ServerSpec

ROOT = Path(__file__).resolve().parent.parent
READMES = [ROOT / "README.md", ROOT / "README.ru.md"]
CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
IN_FILE = f"{PREFIX}CONFIG"  # names the file itself, so it is not a setting in it

both = pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)


def text(path: Path) -> str:
    return path.read_text("utf-8")


def headings(path: Path) -> list[int]:
    """The levels of the headings, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", CODE.sub("", text(path)), re.M)]


def tables(path: Path) -> list[list[int]]:
    """For each table the number of cells in each row."""
    found = re.findall(r"(?:^\|.*\|$\n)+", text(path), re.M)
    return [[row.count("|") for row in table.splitlines()] for table in found]


def test_both_have_the_same_headings_tables_and_code() -> None:
    english, russian = READMES
    assert headings(english) == headings(russian)
    assert headings(english)[0] == 1
    assert headings(english).count(1) == 1
    assert tables(english) == tables(russian)
    assert CODE.findall(text(english)) == CODE.findall(text(russian))


def test_both_have_the_same_names_in_code_type() -> None:
    english, russian = (sorted(re.findall(r"`[^`\n]+`", CODE.sub("", text(p)))) for p in READMES)
    assert english == russian


@both
@pytest.mark.parametrize("spec", SERVERS.values(), ids=lambda spec: spec.name)
def test_every_server_stands_there_with_its_port(path: Path, spec: ServerSpec) -> None:
    [row] = re.findall(rf"^\| `{spec.name}` \| (\d+) \| (\w+)", text(path), re.M)
    assert row == (str(spec.default_port), spec.transport.upper())
    commands = "".join(body for _, body in CODE.findall(text(path)))
    assert re.search(rf"127\.0\.0\.1[ :]{spec.default_port}\b", commands), "a line to try it"


@both
def test_every_client_stands_there(path: Path) -> None:
    named = set(re.findall(r"python -m labservers client ([\w-]+)", text(path)))
    assert named == set(CLIENTS)


@both
def test_every_setting_exists(path: Path) -> None:
    known = {PREFIX + field.name.upper() for field in fields(Config)} | {IN_FILE}
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", text(path)))
    assert named - known == set()
    assert {f"{PREFIX}HOST", f"{PREFIX}PORT", f"{PREFIX}DATA_DIR", IN_FILE} <= named


@both
def test_the_defaults_are_the_true_ones(path: Path) -> None:
    for names, values in re.findall(rf"^\| (`{PREFIX}[^|]*) \| ([^|]*) \|", text(path), re.M):
        for name, value in zip(names.split(", "), values.split(", "), strict=True):
            default = getattr(Config(), name.strip("`").removeprefix(PREFIX).lower(), "")
            if default != "":
                assert value == (f"{default:g}" if isinstance(default, float) else str(default))


@both
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", text(path))
    assert targets
    for target in targets:
        assert not re.match(r"\w+:|/", target), f"{target} is not relative"
        assert (path.parent / target.partition("#")[0]).exists(), target


@both
def test_every_make_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text(path), re.M))
    assert {"run", "test", "lint", "bench"} <= named <= targets


@both
def test_every_file_of_the_house_exists(path: Path) -> None:
    house = re.findall(
        r"`((?:labservers|dashboard|tests|static|templates|bench)/[\w./]*)`", text(path)
    )
    assert house
    assert [name for name in house if not (ROOT / name).exists()] == []
