"""The files for a university: the image is built of what there is, and both languages say the same."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dashboard.config import PREFIX, Config
from tests.test_readme import CODE, headings, tables, text

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/classroom"
PAGES = [ROOT / "docs/classroom.md", ROOT / "docs/classroom.ru.md"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
KNOWN = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "CMD"}

both = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def instructions() -> list[tuple[str, str]]:
    """Those of the Dockerfile, continued lines joined, without comments."""
    lines = re.sub(r"^#.*\n", "", text(FOLDER / "Dockerfile"), flags=re.M).replace("\\\n", " ")
    return [
        (word, rest)
        for word, _, rest in (line.partition(" ") for line in lines.split("\n") if line)
    ]


def of(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def copied() -> set[str]:
    return {source for rest in of("COPY") for source in rest.split()[:-1]}


def test_the_image_has_a_tag_and_known_instructions() -> None:
    assert {word for word, _ in instructions()} <= KNOWN
    assert instructions()[0][0] == "FROM"
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", of("FROM")[0])
    minor = int(of("FROM")[0].split(".")[1].split("-")[0])
    assert minor >= int(PROJECT["project"]["requires-python"].removeprefix(">=3."))


def test_what_is_copied_exists_and_is_all_that_the_package_is_built_of() -> None:
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    needed = {*PROJECT["tool"]["hatch"]["build"]["only-include"], PROJECT["project"]["readme"]}
    assert {*needed, "pyproject.toml"} <= copied()


def test_the_extras_exist_and_nothing_is_cached() -> None:
    runs = of("RUN")
    extras = {
        one
        for run in runs
        for found in re.findall(r"\.\[([\w,]+)\]", run)
        for one in found.split(",")
    }
    assert extras
    assert extras <= set(PROJECT["project"]["optional-dependencies"])
    for run in runs:
        if "pip install" in run:
            assert "--no-cache-dir" in run
        if "apt-get install" in run:
            assert "apt-get update" in run
            assert "--no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists/*" in run
        assert "sudo" not in run
        assert not re.search(r"(curl|wget)[^|&]*\|", run)


def test_it_ends_as_another_user_than_root_with_a_command_that_gets_signals() -> None:
    assert of("USER")[-1] not in ("root", "0")
    names = [word for word, _ in instructions()]
    assert names.index("USER") > max(i for i, word in enumerate(names) if word in ("COPY", "RUN"))
    assert of("CMD")[0].startswith("[")  # a shell in between would not pass them on
    assert all(path.startswith("/") for path in of("WORKDIR"))


def test_the_chart_takes_the_image_that_the_page_builds() -> None:
    values = text(FOLDER / "values.yaml")
    image = "{}:{}".format(*re.findall(r'^    (?:name|tag): "?([^"\s]+)"?$', values, re.M))
    assert image.endswith(f":{PROJECT['project']['version']}")
    assert all(text(page).count(image) == 2 for page in PAGES)
    assert image in text(FOLDER / "Dockerfile")
    assert "\t" not in values


def test_the_hubs_settings_are_python_that_sets_limits() -> None:
    class Anything:
        def __getattr__(self, name: str) -> "Anything":
            self.__dict__[name] = made = Anything()
            return made

    settings = Anything()
    names: dict[str, Any] = {"get_config": lambda: settings}
    exec(compile(text(FOLDER / "tljh.py"), "tljh.py", "exec"), names)
    spawner = vars(settings.SystemdSpawner)
    assert {"mem_limit", "cpu_limit", "isolate_tmp", "unit_extra_properties"} <= set(spawner)
    assert set(spawner["unit_extra_properties"]) == {"TasksMax", "LimitNOFILE"}


def test_both_languages_have_the_same_headings_tables_code_and_names() -> None:
    english, russian = PAGES
    assert headings(english) == headings(russian)
    assert tables(english) == tables(russian)
    assert CODE.findall(text(english)) == CODE.findall(text(russian))
    names = [sorted(re.findall(r"`[^`\n]+`", CODE.sub("", text(page)))) for page in PAGES]
    assert names[0] == names[1]


@both
def test_settings_files_and_links_exist(path: Path) -> None:
    known = {PREFIX + field.name.upper() for field in fields(Config)}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", text(path))) <= known
    for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        assert target.startswith("https://") or (path.parent / target).exists(), target
    for file in re.findall(r"docs/classroom/[\w.]+", text(path)):
        assert (ROOT / file).exists(), file
