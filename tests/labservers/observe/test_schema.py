"""Named tuples by their annotations: at the edges of each type."""

from typing import Any, NamedTuple

import pytest

from labservers.observe.schema import SchemaError, digest, read_json, reader


class Part(NamedTuple):
    """A part of a whole."""

    name: "str"


class Whole(NamedTuple):
    """A value of each kind of annotation."""

    number: "int" = 0
    share: "float" = 0.0
    on: "bool" = False
    any: "Any" = None
    part: "Part | None" = None
    parts: "list[Part] | None" = None
    table: "dict[str, list[int]] | None" = None
    ages: "list[int | None] | None" = None


READ = reader(Whole, Part)
LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    "fields",
    [
        {"number": LARGEST},
        {"number": -LARGEST},
        {"share": 1},
        {"on": True},
        {"any": [None, {}]},
        {"part": None},
        {"table": {"a": [1], "b": []}},
        {"ages": [1, None]},
        {"ages": None},
    ],
)
def test_what_fits_is_read(fields: dict[str, Any]) -> None:
    assert READ(fields) == Whole(**fields)


def test_parts_are_named_tuples_too() -> None:
    whole = READ({"part": {"name": "a"}, "parts": [{"name": "b"}], "newer": 5})
    assert whole == Whole(part=Part("a"), parts=[Part("b")])
    assert type(whole.part) is Part


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"number": LARGEST + 1}, "not an int of 64 bits"),
        ({"number": -LARGEST - 1}, "not an int of 64 bits"),
        ({"number": True}, "not an int of 64 bits"),
        ({"number": 1.0}, "not an int of 64 bits"),
        ({"share": LARGEST + 1}, "not an int of 64 bits"),
        ({"share": "1"}, "not an int of 64 bits"),
        ({"on": 1}, "not bool"),
        ({"part": {"name": 5}}, "not str"),
        ({"part": {}}, "not a Part"),
        ({"part": []}, "not a Part"),
        ({"parts": {}}, "not list"),
        ({"parts": [None]}, "not a Part"),
        ({"table": []}, "not dict"),
        ({"table": {"a": [None]}}, "not an int of 64 bits"),
        ({"ages": [1.5]}, "not an int of 64 bits"),
        ([], "not a Whole"),
    ],
)
def test_what_does_not_fit_is_said(fields: Any, said: str) -> None:
    with pytest.raises(SchemaError, match=f"^{said}$"):
        READ(fields)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x" * 80, f"not JSON: {b'x' * 80!r}"),
        (b"x" * 81, f"not JSON: {b'x' * 80!r}"),
        (b"\xff", "not JSON: " + repr(b"\xff")),
        (b"[" * 50_000, f"not JSON: {b'[' * 80!r}"),
    ],
)
def test_what_is_not_json_is_said_with_its_beginning(data: bytes, said: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read_json(data)
    assert str(refused.value) == said


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1" + "0" * 20 + "e999"])
def test_a_number_that_is_not_finite_is_the_reason(text: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read_json(text.encode())
    assert str(refused.value.__cause__) == f"{text[:20]} is not finite"


def test_a_text_may_be_of_any_language() -> None:
    assert read_json('{"a": ["я", 1, 2.5, true, null]}'.encode()) == {
        "a": ["я", 1, 2.5, True, None]
    }


def test_a_digest_is_of_names_fields_and_annotations() -> None:
    class One(NamedTuple):
        a: "int"

    class Other(NamedTuple):
        a: "float"

    class Third(NamedTuple):
        b: "int"

    digests = {digest([cls]) for cls in (One, Other, Third, Part)}
    assert len(digests) == 4
    assert all(len(text) == 8 and int(text, 16) >= 0 for text in digests)
    assert digest([One, Part]) == digest([Part, One]) != digest([One])
