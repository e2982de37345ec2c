"""From where a conversation is known: from the user, from a recording, from a client."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from labservers.checks.guess import Found
from labservers.checks.hints import Hints
from labservers.checks.patience import Patience
from labservers.checks.spoken import Wanted, spoken
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address, Outcome, Talk, Turn
from tests.labservers.checks.rig import serving
from tests.ports import free_port

CLIENT = """
import socket
with socket.create_connection(("127.0.0.1", {port})) as connection:
    connection.sendall(b"abc\\n")
    print(connection.recv(100).decode())
"""


@pytest.fixture
def patience() -> Iterator[Patience]:
    made = Patience()
    yield made
    made.close()


def turned_round(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        for line in lines:
            client.sendall(line.strip()[::-1] + b"\n")


class Back(Remote):
    """Whatever was tried at it has ended it; it is there again for the client beside it."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._tried = False

    def serving(self, ends_s: float = 0.0) -> bool:
        self._tried, back = True, self._tried
        return back

    def restart(self, folder: Path | None = None) -> str | None:
        return "never-listens"


def known(
    wanted: Wanted, patience: Patience, subject: type[Remote] = Remote, hints: Hints | None = None
) -> tuple[Found | None, Outcome | None]:
    with serving(turned_round) as address:
        if wanted.file is not None:
            client = wanted.file.with_name("my_client.py")
            client.write_text(CLIENT.format(port=address.port))
        return spoken(wanted, subject(address), patience, hints or Hints())


def test_one_that_was_found_before_is_taken(patience: Patience) -> None:
    talk = Talk("text", None, (Turn(b"abc\n", b"cba\n"),))
    assert known(Wanted(held=talk), patience) == (Found(talk), None)


def test_a_recording_is_held_again(patience: Patience, tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    file.write_text(json.dumps({"turns": [{"send": "abc\n", "answer": "cba\n"}]}))
    found, why = known(Wanted(talk=file), patience)
    assert why is None
    assert found is not None
    assert found.sure
    assert found.talk.turns == (Turn(b"abc\n", b"cba\\\n"),)


def test_what_is_no_recording_is_said(patience: Patience, tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    file.write_text("[]")
    found, why = known(Wanted(talk=file), patience)
    assert found is None
    assert why is not None
    assert why == Outcome("answers", "not tried", "bad-talk", (("file", "talk.json"),))


def test_a_last_word_that_has_no_answer_is_expected_to_have_none(
    patience: Patience, tmp_path: Path
) -> None:
    file, bye = tmp_path / "talk.json", {"send": "bye\n", "answer": None}
    file.write_text(json.dumps({"turns": [{"send": "abc\n", "answer": "cba\n"}, bye]}))
    with serving(lambda client: None) as address:
        found, why = spoken(Wanted(talk=file), Back(address), patience, Hints())
    assert (found is not None and not found.sure, why) == (True, None)


def test_the_client_beside_it_that_names_its_port_says_it(
    patience: Patience, tmp_path: Path
) -> None:
    found, why = known(Wanted(file=tmp_path / "server.py"), patience, Back)
    assert why is None
    assert found is not None
    assert found.talk.turns == (Turn(b"abc\n", b"cba\\\n"),)


def test_which_of_two_clients_is_meant_is_not_guessed(patience: Patience, tmp_path: Path) -> None:
    class Other(Back):
        def __init__(self, address: Address) -> None:
            super().__init__(address)
            (tmp_path / "client2.py").write_text(f"# at {address.port}")

    found, why = known(Wanted(file=tmp_path / "server.py"), patience, Other)
    assert (found, why) == (None, Outcome("answers", "not tried", "no-talk"))


@pytest.mark.parametrize(
    ("sends", "datagram", "why"),
    [(False, True, "never-sends"), (True, True, "no-talk"), (False, False, "no-talk")],
)
def test_datagrams_that_nothing_answers_may_be_meant_so(
    patience: Patience, sends: bool, datagram: bool, why: str
) -> None:
    class Gone(Remote):
        def serving(self, ends_s: float = 0.0) -> bool:
            return False

    subject = Gone(Address("127.0.0.1", free_port(), datagram))
    found, said = spoken(Wanted(), subject, patience, Hints(sends=sends))
    assert (found, said) == (None, Outcome("answers", "not tried", why))


def test_a_program_that_waits_for_its_users_words_is_not_blamed(patience: Patience) -> None:
    class ByHand(Remote):
        def serving(self, ends_s: float = 0.0) -> bool:
            return False

        def asks_for_answers(self) -> str | None:
            return "you: "

    _, said = spoken(Wanted(), ByHand(Address("127.0.0.1", free_port())), patience, Hints())
    assert said == Outcome("answers", "not tried", "answers-by-hand", (("prompt", "you: "),))


def test_a_client_that_says_nothing_is_no_help(patience: Patience, tmp_path: Path) -> None:
    client = tmp_path / "client.py"
    client.write_text("1 / 0")
    found, why = known(Wanted(client=client), patience)
    assert found is None
    assert why is not None
    assert (why.why, why.values) == ("client-silent", (("file", "client.py"),))


def test_a_client_that_goes_elsewhere_is_a_fault_of_its_own(
    patience: Patience, tmp_path: Path
) -> None:
    elsewhere, client = free_port(), tmp_path / "client.py"
    client.write_text(CLIENT.format(port=elsewhere))
    found, why = known(Wanted(client=client), patience)
    assert found is None
    assert why is not None
    assert (why.outcome, why.why, why.confirmed) == ("fail", "client-elsewhere", True)
    assert why.values == (("addresses", f"127.0.0.1:{elsewhere}"),)
