"""The backlog of a room is compared with a plain list of all its messages."""

from hypothesis import example, given
from hypothesis import strategies as st

from labservers.servers.chat_backlog import CAPACITY, SEGMENT_BYTES, Backlog

BEFORE = 1_000_003  # bytes said before the backlog begins
LARGEST = 3 * SEGMENT_BYTES


def read_all(backlog: Backlog) -> bytes:
    at, parts = backlog.oldest.begin, []
    while lines := backlog.read(at, backlog.end):
        assert lines.endswith(b"\n")
        parts.append(lines)
        at += len(lines)
    return b"".join(parts)


def test_what_was_said_is_read_in_parts_of_whole_lines() -> None:
    backlog = Backlog(BEFORE, 7)
    lines = [b"%d %s\n" % (n, b"x" * (n % 1000)) for n in range(900)]
    for line in lines:
        backlog.append(line)
    first = backlog.read(BEFORE, backlog.end)
    assert SEGMENT_BYTES <= len(first) < SEGMENT_BYTES + 1010
    assert read_all(backlog) == b"".join(lines)
    assert (backlog.oldest.begin, backlog.oldest.number) == (BEFORE, 7)
    assert backlog.read(backlog.end, backlog.end) == b""


def test_it_ends_where_the_reader_does() -> None:
    backlog = Backlog(BEFORE, 0)
    backlog.append(b"one\ntwo\n")
    assert backlog.read(BEFORE, BEFORE + 4) == b"one\n"
    assert backlog.read(BEFORE + 4, BEFORE + 4) == b""


def test_what_was_said_at_once_is_kept_however_long_it_is() -> None:
    backlog = Backlog(BEFORE, 0)
    long = b"x" * (2 * CAPACITY) + b"\n"
    backlog.append(b"short\n")
    backlog.append(long)
    assert read_all(backlog) == b"short\n" + long
    backlog.append(long)
    assert read_all(backlog) == long
    assert backlog.oldest.number == 2


@example([[2 * SEGMENT_BYTES, 5, 60, 0]] * 25)
@example([[SEGMENT_BYTES // 2 - 7] * 12] * 9)
@given(
    st.lists(
        st.lists(
            st.one_of(st.integers(0, 60), st.integers(0, LARGEST), st.just(SEGMENT_BYTES - 1)),
            min_size=1,
            max_size=12,
        ),
        max_size=25,
    )
)
def test_it_keeps_the_newest_messages_and_counts_the_others(goes: list[list[int]]) -> None:
    backlog = Backlog(BEFORE, 100)
    said: list[bytes] = []
    for sizes in goes:
        lines = [b"%d %s\n" % (len(said) + n, b"x" * size) for n, size in enumerate(sizes)]
        said += lines
        backlog.append(b"".join(lines))
        given_up = backlog.oldest.number - 100
        assert backlog.oldest.begin == BEFORE + sum(map(len, said[:given_up]))
        assert backlog.end == BEFORE + sum(map(len, said))
        kept, newest = backlog.end - backlog.oldest.begin, sum(map(len, lines))
        assert kept <= CAPACITY + max(SEGMENT_BYTES, newest)
        assert given_up == 0 or kept > CAPACITY - SEGMENT_BYTES - 13 * LARGEST
    assert read_all(backlog) == b"".join(said[backlog.oldest.number - 100 :])
