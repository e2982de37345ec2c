"""The look at a program's source that locates a cause."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labservers.checks.diagnosis.code import Code

LOOPS = """
with self.lock:
    for member in members:
        member.send(text)
for member in list(members):
    member.send(text)
for member in members:
    self.send_to(member, text)
for member in members:
    if member.gone:
        members.remove(member)
for number in range(3):
    member.send(text)
"""


def lines(places: list[tuple[str, str]]) -> list[str]:
    return [place[0].partition(":")[2] for place in places]


def test_broadcasts_hand_something_to_each_and_some_have_no_lock() -> None:
    code = Code([("server.py", LOOPS)])
    assert lines(code.broadcasts()) == ["3", "5", "7"]
    assert lines(code.unguarded_broadcasts()) == ["7"]
    assert lines(code.loops_that_change()) == ["9"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("try:\n    f()\nexcept:\n    pass", ["3"]),
        ("try:\n    f()\nexcept BaseException:\n    pass", ["3"]),
        ("try:\n    f()\nexcept Exception:\n    pass", []),
        ("try:\n    f()\nexcept (OSError, ValueError):\n    pass", []),
    ],
)
def test_handlers_that_eat_the_interrupt(source: str, found: list[str]) -> None:
    assert lines(Code([("server.py", source)]).bare_excepts()) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("f = c.makefile()", ["1"]),
        ("f = c.makefile()\nf.close()", []),
        ("with c.makefile() as f:\n    f.read()", []),
    ],
)
def test_files_of_sockets_that_stay_open(source: str, found: list[str]) -> None:
    assert lines(Code([("server.py", source)]).open_files()) == found


def test_calls_texts_limits_and_modules() -> None:
    code = Code([("a.py", "import select\nc.settimeout(2.5)\nc.send(b'HTTP/1.1 200 OK\\n')")])
    assert code.calls("send") == [("a.py:3", "c.send(b'HTTP/1.1 200 OK\\n')")]
    assert lines(code.texts(r"HTTP/1.*[^\r]\n")) == ["3"]
    assert code.time_limits() == [2.5]
    assert code.uses("select") is True
    assert code.uses("asyncio") is False


def test_what_python_would_warn_of_is_not_said() -> None:
    assert Code([("server.py", "pattern = '\\d'\ns.bind(a)")]).calls("bind")


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_any_text_is_looked_at(source: str) -> None:
    code = Code([("server.py", source), ("more.py", "server.bind(a)")])
    assert code.calls("bind")[-1] == ("more.py:1", "server.bind(a)")
    code.broadcasts()
    code.open_files()


@pytest.mark.parametrize(
    ("call", "both_ways"),
    [
        ('makefile("rw")', True),
        ('makefile("wrt", encoding="utf-8")', True),
        ('makefile(mode="rw")', True),
        ('makefile("rwb")', False),
        ('makefile("r")', False),
        ("makefile(mode)", False),
        ('open("rw")', False),
    ],
)
def test_files_of_a_socket_for_text_both_ways(call: str, both_ways: bool) -> None:
    places = Code([("server.py", f"f = client.{call}")]).text_files_both_ways()
    assert lines(list(places)) == (["1"] if both_ways else [])
