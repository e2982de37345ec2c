"""What is tried to find a conversation, by what the source lets expect."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from labservers.checks.hints import Hints, hints
from labservers.checks.probes.delivery import padded
from labservers.checks.probes.hostile import BAD, spoilt
from labservers.checks.talks import candidates, member
from labservers.checks.values import Talk, Turn

Write = Callable[[str], Path]


def first(hint: Hints, *, datagram: bool = False) -> Talk:
    return next(iter(candidates(hint, None, datagram=datagram))).talk


@pytest.mark.parametrize(
    ("source", "task", "sent"),
    [
        ("sock = socket(AF_INET, SOCK_DGRAM)", "hello", b"Hello server"),
        ("a, b = map(float, data.split()); c = sqrt(a*a + b*b)", "math", b"3 4\n"),
        ("a, b, h = line.split(';')\ns = (a + b) / 2 * h  # площадь", "math", b"3;13;12\n"),
        ("r = json.loads(data); math.hypot(r['x'], r['y'])", "math", b'{"x": 3, "y": 4}'),
        ("send(b'HTTP/1.1 200 OK')", "page", b"GET / HTTP/1.1\r\n"),
        ("if method == 'POST': subject = 1\n'HTTP/1.1'\n'/grades'", "subjects", b"GET / HTTP/1.1"),
        ("threading\nrooms[chat_id].append(client)", "chat", b"1"),
        ("threading\nnicknames = []\nclient.send('NICK')", "chat", b"{name}"),
        ("a, b = struct.unpack('!hh', data); math.hypot(a, b)", "math", b"\0\3\0\4"),
        ("asyncio\nwriters = set()\nawait reader.readline()", "chat", b"1\n"),
    ],
)
def test_the_likeliest_conversation_is_tried_first(
    program: Write, source: str, task: str, sent: bytes
) -> None:
    found = hints(program(f"{source}\nserver.bind(address)"))
    assert found.task == task
    talk = first(found, datagram=task == "hello")
    assert (talk.task, talk.turns[0].send[: len(sent)]) == (task, sent)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("if text == 'ping': pass", ("ping",)),
        ("if data.strip() in (b'time', b'date'): pass", ("time", "date")),
        ("if text.startswith('echo '): pass", ("echo ",)),
        ("match text:\n    case 'стоп-кран': pass\n    case 'exit': pass", ("стоп-кран",)),
        ("if text == '' or text == '+' or __name__ == '__main__' or n == 30: pass", ()),
        ("data['ping'] == text or text != 'pong'", ()),
    ],
)
def test_what_a_program_compares_with_its_own_words_is_tried_last(
    program: Write, source: str, words: tuple[str, ...]
) -> None:
    found = hints(program(source))
    assert found.words == words
    for task, last in ((None, b"\n"), ("hello", b"")):
        talks = [one.talk for one in candidates(found, task, datagram=task == "hello")]
        tried = [talk.turns[0].send for talk in talks if talk.id in ("text", "hello-text")]
        assert [word.encode() + last for word in words] == [
            send for send in tried if send.endswith(last) and b"ello" not in send
        ][: len(words)]


@pytest.mark.parametrize(
    ("format", "known"),
    [("!dd", True), ("<3i", True), ("!I", False), ("4s", False), ("!d d", False)],
)
def test_formats_are_those_of_several_numbers(program: Write, format: str, known: bool) -> None:
    found = hints(program(f"import struct\nstruct.Struct({format!r}).unpack(data)\n"))
    assert bool(found.formats) == known
    ids = [one.talk.id for one in candidates(found, "math", datagram=False)]
    assert ("math-struct" in ids) == known


@pytest.mark.parametrize(
    ("source", "sends"),
    [
        ("sock.sendto(data, peer)", True),
        ("writer.write(data)", True),
        ("self.transport", True),
        ("sock.recvfrom(1024)\nprint(data)", False),
    ],
)
def test_what_never_sends_anything_is_known(program: Write, source: str, sends: bool) -> None:
    assert hints(program(source)).sends == sends


@pytest.mark.parametrize(
    ("source", "limits"),
    [
        ("server.accept()\nclient.settimeout(5)", True),
        ("server.accept()\nclient.setsockopt(SOL_SOCKET, SO_SNDTIMEO, two)", True),
        ("server.accept()", False),
    ],
)
def test_a_time_limit_is_known_in_each_of_its_forms(
    program: Write, source: str, limits: bool
) -> None:
    assert hints(program(source)).limits == limits


def test_a_file_that_python_cannot_read_has_hints_as_well(program: Write) -> None:
    assert hints(program("def (:\n'HTTP/1.1'")).task == "page"


def test_numbers_are_said_one_by_one_too_where_nothing_is_known() -> None:
    ids = [one.talk.id for one in candidates(Hints(), "math", datagram=False)]
    assert "math-turns" in ids


def test_the_other_question_has_other_numbers() -> None:
    for candidate in candidates(Hints(task="math", json=True), "math", datagram=False):
        sends = tuple(turn.send for turn in candidate.talk.turns)
        assert candidate.other is not None
        assert len(candidate.other) == len(sends)
        assert candidate.other != sends


def test_members_have_names_of_their_own() -> None:
    turns = (Turn(b"{name}\n"), Turn(b"hello"))
    names = {member(turns, number)[0].send for number in range(40)}
    assert len(names) == 40
    assert all(member(turns, number)[1] == turns[1] for number in range(40))


REQUESTS = [
    Talk("math-json", "math", (Turn(b'{"a": 3, "b": 4}'),), framed="json"),
    Talk("math-text", "math", (Turn(b"3 13 12\n"),), framed="line"),
    Talk("page-get", "page", (Turn(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),), framed="http"),
]


@pytest.mark.parametrize("talk", REQUESTS, ids=lambda talk: talk.id)
def test_a_spoilt_request_is_not_text_and_ends_as_it_should(talk: Talk) -> None:
    send = talk.turns[-1].send
    assert spoilt(talk).replace(BAD, b"") == send
    assert spoilt(talk)[-2:] == send[-2:]


@pytest.mark.parametrize("talk", REQUESTS, ids=lambda talk: talk.id)
def test_a_padded_request_means_the_same(talk: Talk) -> None:
    longer = padded(talk, 3_000)
    assert longer is not None
    sent, once = longer.turns[-1].send, talk.turns[-1].send
    assert len(sent) >= 3_000
    if talk.framed == "json":
        assert json.loads(sent) == json.loads(once)
    elif talk.framed == "line":
        assert [*map(int, sent.split())] == [*map(int, once.split())]
    else:
        assert sent.startswith(b"GET / HTTP/1.1\r\nHost: a\r\n")
        assert sent.endswith(b"\r\n\r\n")


def test_a_format_without_room_is_not_padded() -> None:
    assert padded(Talk("text", None, (Turn(b"hello"),)), 100) is None
