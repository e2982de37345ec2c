"""Whatever a program says of itself is bounded, and what a tap says passes whole."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.recording import bounds
from dashboard.recording.bounds import ENTRIES, bounded, size
from dashboard.recording.sound import NO_TAP_SENDS, sound_part
from labservers.observe import messages, observed
from labservers.observe.channel import LINE_LIMIT
from tests.forged import KINDS, NOW, leaf_of, made, strings


def is_bounded(part: Any) -> None:
    assert size(part) <= bounds.MOST_BYTES.get(type(part), bounds.MESSAGE_BYTES) <= LINE_LIMIT
    assert len(messages.encode(part)) <= size(part) + 100  # the name of its type
    assert max(map(len, strings(part)), default=0) <= bounds.DATA
    assert messages.decode(messages.encode(part))


def deep(levels: int) -> Any:
    return json.loads("[" * levels + "]" * levels)


TEXTS = ["", "x" * 20_000, "<" * 5_000, "ю" * 5_000, "\U0001f600" * 5_000, "\0" * 5_000, "\ud800"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{len(text)} of {text[:1]!r}")
@pytest.mark.parametrize("kind", KINDS)
def test_long_texts_of_every_kind(kind: str, text: str) -> None:
    is_bounded(bounded(made(kind, leaf_of(text), 3)))


@pytest.mark.parametrize("text", ["", "x" * 300])
@pytest.mark.parametrize("kind", KINDS)
def test_long_lists_of_every_kind(kind: str, text: str) -> None:
    is_bounded(bounded(made(kind, leaf_of(text), 900)))


ANYTHING = [
    deep(500),
    {"a": deep(300)},
    [2**5_000],
    [[["x" * 9_000] * 9] * 9] * 9,
    {"x" * 9_000: 1},
]


@pytest.mark.parametrize("anything", ANYTHING, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("kind", KINDS)
def test_where_anything_may_stand(kind: str, anything: Any) -> None:
    is_bounded(bounded(made(kind, leaf_of("x", anything), 40)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.sampled_from(sorted(KINDS)), json_values, st.text(), st.integers(0, 30))
def test_any_message(kind: str, anything: Any, text: str, many: int) -> None:
    message = made(kind, leaf_of(text, anything), many)
    is_bounded(bounded(message))
    sound = sound_part(message)
    assert (sound is None) == isinstance(message, NO_TAP_SENDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_tap_sends_passes_whole(kind: str) -> None:
    told = made(kind, leaf_of("abcd"), 20)
    assert bounded(told) == told
    assert bounded(made(kind, leaf_of(""), 0)) == made(kind, leaf_of(""), 0)


def test_a_batch_that_is_as_long_as_a_taps_passes_whole() -> None:
    one = observed.Point(1, NOW, "Thread-1 (serve)", "server.py:24", "serve", 5, 4, "recv", 9,
                         4_096, "YWJj" * (bounds.DATA // 4), None, None, None)  # fmt: skip
    told = observed.Points(NOW, [one._replace(n=n) for n in range(ENTRIES)], 0)
    assert sound_part(told) == told


def test_points_that_are_left_out_are_counted() -> None:
    one = observed.Point(1, NOW, "x", None, None, 5, 4, "recv", 9)
    told = observed.Points(NOW, [one] * 700, 5)
    assert sound_part(told) == observed.Points(NOW, [one] * ENTRIES, 5 + 700 - ENTRIES)


def test_of_a_long_stack_the_innermost_calls_are_kept() -> None:
    stack: list[list[str | None]] = [[f"a.py:{n}", "f" * 90, "x" * 900] for n in range(400)]
    crash = observed.Crash(NOW, "main", True, "E", "x", None, "", stack, {})
    part = bounded(crash)
    assert isinstance(part, observed.Crash)
    assert part.stack
    assert part.stack == stack[-len(part.stack) :]


def test_the_view_of_a_program_is_small_whatever_it_says() -> None:
    """Five crashes and twenty notices are kept, and the newest of the others."""
    shown = {
        "crash": 5,
        "notice": 20,
        "held": 1,
        "deadlock": 1,
        "frame": 1,
        "asks": 1,
        "summary": 1,
    }
    forged = {kind: bounded(made(kind, leaf_of("<" * 2_000), 600)) for kind in shown}
    assert sum(size(forged[kind]) * many for kind, many in shown.items()) < 600 * 1024
