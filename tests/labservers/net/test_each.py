"""A call on many sockets gives what each of them gave, errors too."""

from hypothesis import given
from hypothesis import strategies as st

from labservers.net.each import each


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_each_row_has_its_value_or_its_error(rows: list[tuple[int, int]]) -> None:
    calls: list[tuple[int, int]] = []

    def call(one: int, other: int) -> int:
        calls.append((one, other))
        if one < other:
            raise BlockingIOError(one, "would block")
        return one - other

    results = each(call, [one for one, _ in rows], [other for _, other in rows])
    assert calls == rows
    assert len(results) == len(rows)
    for (one, other), result in zip(rows, results, strict=True):
        if one < other:
            assert isinstance(result, BlockingIOError)
            assert result.errno == one
        else:
            assert result == one - other
