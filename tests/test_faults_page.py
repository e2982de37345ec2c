"""docs/faults.md in both languages: what it names exists, and it has every trouble that a page says."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"en": ROOT / "docs/faults.md", "ru": ROOT / "docs/faults.ru.md"}


def rows(lang: str) -> list[list[str]]:
    lines = PAGES[lang].read_text("utf-8").splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]


def test_both_have_the_same_rows_with_the_same_tests() -> None:
    assert {len(row) for lang in PAGES for row in rows(lang)} == {4}
    english, russian = ([row[3] for row in rows(lang)[1:]] for lang in PAGES)
    assert english == russian
    named = {name for cell in english for name in re.findall(r"`([^`]+)`", cell)}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("lang", PAGES)
def test_every_trouble_stands_there_in_its_own_words(lang: str) -> None:
    words = json.loads((ROOT / f"dashboard/i18n/{lang}.json").read_text("utf-8"))
    said = re.sub(r"\([^)]*\)", "()", "".join(row[2] for row in rows(lang)))
    missing = []
    for key, text in words.items():
        parts = re.split(r"\{\w\}", re.sub(r"\([^)]*\)", "()", text))
        if key.startswith("trouble.") and not all(part.strip() in said for part in parts):
            missing.append(key)
    assert missing == ["trouble.away"]  # the words of a button
