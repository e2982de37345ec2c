"""The texts of a check: the same keys and places in both languages, and the look-up."""

import json
import re

import pytest

from labservers.checks import texts

HOLE = re.compile(r"\{(\w+)")


@pytest.mark.parametrize("name", [n for n in texts.FILES if (texts.HERE / n).exists()])
def test_both_languages_say_the_same_things(name: str) -> None:
    path = texts.HERE / name
    found = json.loads(path.read_text("utf-8"))
    assert set(found["en"]) == set(found["ru"])
    for key, english in found["en"].items():
        assert english.strip()
        assert set(HOLE.findall(english)) == set(HOLE.findall(found["ru"][key])), key


def test_the_look_up_fills_places_and_never_fails() -> None:
    assert texts.text("en", "no.such.key") == "no.such.key"
    assert texts.text("ru", "took", {"s": "3"}) == "Проверка заняла 3 с."


@pytest.mark.parametrize(
    ("n", "english", "russian"),
    [(1, "must", "причину"), (3, "must", "причины"), (11, "must", "причин")],
)
def test_plurals_follow_the_language(n: int, english: str, russian: str) -> None:
    assert english in texts.text("en", "verdict.mend", {"n": n})
    assert re.search(rf"\b{russian}\b", texts.text("ru", "verdict.mend", {"n": n}))
