"""The schema between a program and the dashboard: messages that come through, and refusals."""

import json
import subprocess
import sys
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.observe import messages, observed
from labservers.observe.messages import MessageError

text = st.text(max_size=5)
integer = st.integers(-(2**63) + 1, 2**63 - 1)
number = st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | integer | number | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=3,
)

PLAIN = (messages.Ready, messages.Failed, messages.Frame, messages.Rows, messages.Events,
         messages.Held, messages.Notice)  # fmt: skip
MESSAGES: list[Any] = [*PLAIN, *get_args(observed.Observed)]
TEXTS = {"str": text, "int": integer, "float": number, "bool": st.booleans(), "Any": anything}


def of(hint: str) -> st.SearchStrategy[Any]:
    """Values of an annotated type, as schema.py reads it."""
    if hint.endswith(" | None"):
        return st.none() | of(hint.removesuffix(" | None"))
    if hint.startswith("list["):
        return st.lists(of(hint[5:-1]), max_size=2)
    if hint.startswith("dict[str, "):
        return st.dictionaries(text, of(hint[10:-1]), max_size=2)
    return (
        TEXTS[hint]
        if hint in TEXTS
        else a(getattr(messages, hint, None) or getattr(observed, hint))
    )


def a(cls: Any) -> st.SearchStrategy[Any]:
    """A message, a command, or a part of one, with any values that it may have."""
    hints = {name: hint.__forward_arg__ for name, hint in cls.__annotations__.items()}
    return st.tuples(*map(of, hints.values())).map(lambda values: cls(*values))


message = st.one_of(*map(a, MESSAGES))
command = st.one_of(*map(a, get_args(messages.Command)))


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


@given(message)
def test_a_message_comes_out_as_it_went_in(message: Any) -> None:
    line = messages.encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert same(messages.decode(line), message)


@given(command)
def test_a_command_comes_out_as_it_went_in(command: Any) -> None:
    assert same(messages.decode_command(messages.encode(command)), command)


def refused(line: bytes) -> None:
    for decode in (messages.decode, messages.decode_command):
        with pytest.raises(MessageError):
            decode(line)


@given(st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()))
def test_junk_is_refused_and_nothing_else(line: bytes) -> None:
    refused(line)


@given(message, st.data())
def test_a_line_that_is_cut_anywhere_is_refused(message: Any, data: st.DataObject) -> None:
    line = messages.encode(message).rstrip(b"\n")
    refused(line[: data.draw(st.integers(0, len(line) - 1))])


@given(message, st.data())
def test_a_changed_field_is_refused_or_comes_out_as_its_type(
    message: Any, data: st.DataObject
) -> None:
    body = json.loads(messages.encode(message))
    name = data.draw(st.sampled_from(sorted(body)))
    body[name] = data.draw(anything)
    try:
        decoded = messages.decode(json.dumps(body).encode())
    except MessageError:
        return
    assert same(messages.decode(messages.encode(decoded)), decoded)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 50_000,
        b'{"type":' + b'{"a":' * 50_000,
        b'{"type":"slow","delay_s":NaN}',
        b'{"type":"slow","delay_s":-Infinity}',
        b'{"type":"slow","delay_s":1e999}',
        b'{"type":"slow","delay_s":"0.1"}',
        b'{"type":"slow","delay_s":true}',
        b'{"type":"slow","delay_s":null}',
        b'{"type":"slow","delay_s":' + b"9" * 5_000 + b"}",
        b'{"type":"slow"}',
        b'{"type":["slow"],"delay_s":1}',
        b'{"type":"look","hz":1,"views":"loop"}',
        b'{"type":"look","hz":1,"views":[1]}',
        b'{"type":"ready","at":1,"pid":1.5,"model":"","listening":[]}',
        b'{"type":"ready","at":1,"pid":1,"model":"","listening":[["127.0.0.1",1]]}',
        b'{"type":"events","at":1,"lost":0,"events":[{"number":1,"at":NaN,"kind":"","data":{}}]}',
        b'{"type":"events","at":1,"lost":0,"events":[{"number":1,"at":1,"kind":"","data":[]}]}',
        b'{"type":"events","at":1,"lost":0,"events":[{"number":1,"at":1,"kind":"","data":{"a":NaN}}]}',
        '{"type":"stop"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"type":"stop"}',
    ],
)
def test_what_does_not_fit_the_schema_is_refused(line: bytes) -> None:
    refused(line)


def test_a_field_of_a_newer_program_is_ignored() -> None:
    assert messages.decode_command(b'{"type":"slow","delay_s":1,"until":5}') == (1.0,)


def test_an_integer_will_do_for_a_float() -> None:
    slow = messages.decode_command(b'{"type":"slow","delay_s":1}')
    assert isinstance(slow, messages.Slow)
    assert type(slow.delay_s) is float


def test_half_a_surrogate_pair_does_not_stop_a_message() -> None:
    said = messages.Failed(1.0, None, "", "half \ud83d of a pair")
    assert messages.decode(messages.encode(said)) == said._replace(message="half ? of a pair")


def test_a_message_and_a_command_are_not_each_other() -> None:
    with pytest.raises(MessageError):
        messages.decode(messages.encode(messages.Stop()))
    with pytest.raises(MessageError):
        messages.decode_command(messages.encode(messages.Events(1.0, [], 0)))


def test_the_names_on_the_line() -> None:
    kinds = [*MESSAGES, *get_args(messages.Command)]
    empty = [cls(*[None] * len(cls._fields)) for cls in kinds]
    assert [json.loads(messages.encode(value))["type"] for value in empty] == [
        *("ready", "failed", "frame", "rows", "events", "held", "notice", "program"),
        *("socket_events", "points", "lines", "thread_events", "threads", "deadlock", "crash"),
        *("asks", "summary", "look", "stop", "pause", "step", "tick", "resume", "slow", "break"),
    ]
    assert (messages.LINE_CLOSED, messages.FILES) == ("line_closed", "FILES")


def test_a_part_of_a_message_is_an_object_with_its_names() -> None:
    breakpoints = messages.Breakpoints(["a.py:1"], ["recv"], [], True)
    point = messages.HeldPoint("main", None, None, "recv", 3, None, 5, "before", {"a": "1"})
    held = messages.Held(1.0, True, 2.0, 0.0, [point], breakpoints)
    said = json.loads(messages.encode(held))
    assert said["breakpoints"] == breakpoints._asdict()
    assert said["points"] == [point._asdict()]


def test_a_server_of_the_lab_starts_without_the_reports_of_the_tap() -> None:
    code = (
        "import sys, labservers.__main__, labservers.run.lifetime, labservers.servers.subjects,"
        " labservers.servers.chat; print('labservers.observe.observed' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=True)
    assert run.stdout.strip() == b"False"


def test_what_is_not_said_is_nothing() -> None:
    for cls in (messages.Ready, messages.Frame, messages.Row, messages.LoopFigures):
        defaults = dict(cls._field_defaults)
        assert defaults.pop("kind", "tasks") == "tasks"
        assert not any(defaults.values())


@pytest.mark.parametrize("size", [80, 81])
def test_a_line_that_is_refused_is_quoted_with_its_beginning(size: int) -> None:
    with pytest.raises(MessageError) as refused:
        messages.decode(b"x" * size)
    assert str(refused.value) == f"not of the schema: {b'x' * 80!r}"
