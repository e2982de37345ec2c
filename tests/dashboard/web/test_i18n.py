"""Two catalogues with the same keys and the same placeholders, and the look-up."""

import json
import re

import pytest

from dashboard import i18n

EN, RU = i18n.catalogue("en"), i18n.catalogue("ru")
HOLE = re.compile(r"\{(\w+)")
CODES = ["started", "stopped", "crashed", "killed", "port_in_use", "failed", "restarted"]
CODES += ["alive", "finished", "joined", "left", "experiment", "paused", "resumed", "overloaded"]


def test_both_languages_have_the_same_keys() -> None:
    assert set(EN) == set(RU)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_no_key_stands_twice(lang: str) -> None:
    pairs = json.loads(
        (i18n.HERE / f"{lang}.json").read_text("utf-8"), object_pairs_hook=lambda pairs: pairs
    )
    keys = [key for key, _ in pairs]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("key", EN)
def test_every_text_says_something_with_the_same_holes(key: str) -> None:
    assert EN[key].strip()
    assert RU[key].strip()
    assert set(HOLE.findall(EN[key])) == set(HOLE.findall(RU[key]))


def test_russian_plurals_have_three_forms_and_english_ones_two() -> None:
    forms = re.compile(r"\{\w+:([^}]*)\}")
    for key in EN:
        assert all(found.count("|") in (1, 2) for found in forms.findall(EN[key])), key
        assert all(found.count("|") == 2 for found in forms.findall(RU[key])), key


@pytest.mark.parametrize("code", CODES)
def test_every_entry_of_the_feed_has_words(code: str) -> None:
    assert f"feed.{code}" in EN


def test_no_text_holds_markup() -> None:
    for text in (*EN.values(), *RU.values()):
        assert not re.search(r"<\w|&\w+;", text), text


def test_the_look_up_fills_holes_and_never_fails() -> None:
    key = next(key for key, text in EN.items() if HOLE.search(text) and ":" not in text)
    hole = HOLE.findall(EN[key])[0]
    assert "<b>" in i18n.text("en", key, **{hole: "<b>"})
    assert i18n.text("ru", "no.such.key") == "no.such.key"
    assert "{" in i18n.text("en", key)
