"""A conversation survives JSON whole."""

import json

from hypothesis import given
from hypothesis import strategies as st

from labservers.checks.talk_json import as_json, from_json
from labservers.checks.values import Talk, Turn

turns = st.builds(Turn, st.binary(), st.none() | st.binary())
talks = st.builds(
    Talk,
    id=st.text(),
    task=st.sampled_from([None, "chat"]),
    turns=st.lists(turns, max_size=4).map(tuple),
    datagram=st.booleans(),
    greeting=st.none() | st.binary(),
    ends=st.sampled_from(["server", "client", "either"]),
    answered=st.sampled_from(["client", "other"]),
    repeats=st.booleans(),
    farewell=st.binary(),
    framed=st.sampled_from(["line", "http", "json", "stream", "recv"]),
)


@given(talks)
def test_it_is_the_same_after_json(talk: Talk) -> None:
    assert from_json(json.loads(json.dumps(as_json(talk)))) == talk
