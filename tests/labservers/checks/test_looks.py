"""A failure is believed when it is seen twice, with the program as new and kindly answered."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from labservers.checks.context import Context, Probe, Setting
from labservers.checks.hints import Hints
from labservers.checks.looks import Looks
from labservers.checks.patience import Patience
from labservers.checks.plan import PROBES
from labservers.checks.subject import Lost, Mark
from labservers.checks.values import Address, Death, Evidence, Outcome, Talk, Turn

DEATH = Death("MainThread", True, "ValueError", "", "server.py:7", "int(text)")


class FakeSubject:
    """Serves until it is told that it has died; counts its restarts."""

    inside = True
    address = Address("127.0.0.1", 9)

    def __init__(self) -> None:
        self.restarts = 0
        self.up = True
        self.lost: Lost | None = None

    def serving(self) -> bool:
        return self.up

    def restart(self) -> str | None:
        self.restarts += 1
        self.up = self.lost is None
        return "port-taken" if self.lost is not None else None

    def lost_port(self) -> Lost | None:
        return self.lost

    def mark(self) -> Mark:
        return Mark(0, 0)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not for looks")


@pytest.fixture
def patience() -> Iterator[Patience]:
    made = Patience()
    yield made
    made.close()


def scripted(probe: str, *outcomes: str, deaths: tuple[Death, ...] = ()) -> Probe:
    """A probe whose looks end so, one after the other."""
    left = list(outcomes)

    def look(context: Context) -> Outcome:
        ended: Any = left.pop(0)
        proof = Evidence("died", deaths=deaths) if ended == "fail" else None
        return Outcome(probe, ended, "", (), proof)

    return Probe(probe, lambda context: None, look)


@pytest.fixture
def looks(patience: Patience) -> Looks:
    """Of a fake program that answers kindly as long as nobody says otherwise."""
    talk = Talk("text", None, (Turn(b"a", b"b"),))
    subject: Any = FakeSubject()
    setting = Setting(talk, subject, patience, Hints(), {})
    return Looks(setting, math.inf, kind=scripted("answers", *["pass"] * 20))


def test_a_failure_that_is_seen_twice_is_confirmed(looks: Looks) -> None:
    outcome = looks.look(scripted("long", "fail", "fail"))
    assert (outcome.outcome, outcome.confirmed) == ("fail", True)


def test_a_failure_that_does_not_come_again_is_none(looks: Looks) -> None:
    assert looks.look(scripted("long", "fail", "pass")).outcome == "pass"


def test_an_exception_that_does_not_come_again_is_looked_for_once_more(looks: Looks) -> None:
    outcome = looks.look(scripted("long", "fail", "pass", "fail", deaths=(DEATH,)))
    assert (outcome.outcome, outcome.confirmed) == ("fail", True)


def test_nothing_is_confirmed_where_the_program_does_not_answer_kindly(patience: Patience) -> None:
    subject: Any = FakeSubject()
    setting = Setting(Talk("text", None, (Turn(b"a", b"b"),)), subject, patience, Hints(), {})
    looks = Looks(setting, math.inf, kind=scripted("answers", "fail"))
    outcome = looks.look(scripted("long", "fail", "fail"))
    assert (outcome.outcome, outcome.confirmed) == ("fail", False)


def test_an_exception_in_a_line_that_was_confirmed_is_not_looked_at_again(looks: Looks) -> None:
    looks.look(scripted("long", "fail", "fail", deaths=(DEATH,)))
    assert looks.look(scripted("split", "fail", deaths=(DEATH,))).confirmed


def test_one_that_serves_a_single_client_is_begun_anew_for_each_probe(patience: Patience) -> None:
    """Its port may still be open, though it is about to end."""
    subject: Any = FakeSubject()
    talk = Talk("text", None, (Turn(b"a", b"b"),))
    looks = Looks(Setting(talk, subject, patience, Hints(), {}, once=True), math.inf)
    for probe in ("split", "long"):
        assert looks.look(scripted(probe, "pass")).outcome == "pass"
    assert subject.restarts == 2


def in_chat(subject: Any, patience: Patience, kind: Probe) -> Looks:
    talk = Talk("chat", "chat", (Turn(b"a", b"a"),), answered="other")
    return Looks(Setting(talk, subject, patience, Hints(), {}), math.inf, kind=kind)


def test_a_chat_that_members_have_left_roughly_is_begun_anew_for_gentle_ones(
    patience: Patience,
) -> None:
    subject: Any = FakeSubject()
    looks = in_chat(subject, patience, scripted("answers"))
    restarts = []
    for id in ("gentle", "rough", "rough", "gentle", "gentle"):
        looks.look(scripted(id, "pass")._replace(rough=id == "rough"))
        restarts.append(subject.restarts)
    assert restarts == [0, 0, 0, 1, 1]


def test_what_fails_after_rough_ones_is_looked_at_again_without_them(patience: Patience) -> None:
    subject: Any = FakeSubject()
    looks = in_chat(subject, patience, scripted("answers", "pass"))
    looks.look(scripted("reset", "pass")._replace(rough=True))
    assert looks.look(scripted("closes", "fail", "pass")._replace(rough=True)).outcome == "pass"
    assert subject.restarts == 1


def test_a_probe_that_starts_the_program_itself_needs_none_that_runs(patience: Patience) -> None:
    subject: Any = FakeSubject()
    looks = in_chat(subject, patience, scripted("answers", "pass"))
    subject.up = False
    assert looks.look(scripted("folder", "pass")._replace(starts=True)).outcome == "pass"
    assert subject.restarts == 0
    assert looks.look(scripted("folder", "fail", "fail")._replace(starts=True)).confirmed
    assert subject.restarts == 1  # to be asked kindly


def test_where_nothing_is_answered_nothing_else_is_tried(patience: Patience) -> None:
    subject: Any = FakeSubject()
    setting = Setting(Talk("text", None, (Turn(b"a", b"b"),)), subject, patience, Hints(), {})
    kind = scripted("answers", "fail", "fail")
    looks = Looks(setting, math.inf, kind=kind)
    assert looks.look(kind).confirmed
    assert looks.look(scripted("long")).why == "unanswered"


def test_no_probe_is_begun_when_the_time_is_over(patience: Patience) -> None:
    subject: Any = FakeSubject()
    setting = Setting(Talk("text", None, (Turn(b"a", b"b"),)), subject, patience, Hints(), {})
    assert Looks(setting, 0.0).look(scripted("long")).why == "time"


@pytest.mark.parametrize(
    "lost",
    [
        Lost("port-lost", (("port", "9"), ("who", " (node, PID 7)"))),
        Lost("port-waits", (("port", "9"), ("s", "58"))),
    ],
)
def test_where_it_does_not_get_its_port_it_is_said_and_nothing_started_again(
    lost: Lost, patience: Patience
) -> None:
    subject: Any = FakeSubject()
    setting = Setting(Talk("text", None, (Turn(b"a", b"b"),)), subject, patience, Hints(), {})
    looks = Looks(setting, math.inf)
    subject.up, subject.lost = False, lost
    assert looks.look(scripted("long")) == Outcome("long", "not tried", *lost)
    assert looks.look(scripted("split")).why == lost.why
    assert looks.look(Probe("udp-large", lambda _: "tcp", lost_look)).why == "tcp"
    assert subject.restarts == 1


def lost_look(context: Context) -> Outcome:
    raise AssertionError("it is not looked at")


def test_a_server_that_we_cannot_start_again_is_believed_to_be_gone(patience: Patience) -> None:
    """What has ended it will not be seen twice."""

    class Stranger(FakeSubject):
        inside = False

    subject: Any = Stranger()
    setting = Setting(Talk("text", None, (Turn(b"a", b"b"),)), subject, patience, Hints(), {})
    subject.lost = Lost("port-lost", ())  # nobody starts it again
    looks = Looks(setting, math.inf, kind=scripted("answers"))
    ended = looks.look(ending(scripted("not-utf8", "fail"), subject))
    assert (ended.outcome, ended.confirmed) == ("fail", True)


def test_an_exception_that_does_not_come_twice_more_is_none(looks: Looks) -> None:
    outcome = looks.look(scripted("long", "fail", "pass", "pass", deaths=(DEATH,)))
    assert outcome.outcome == "pass"


def ending(probe: Probe, subject: FakeSubject) -> Probe:
    def look(context: Context) -> Outcome:
        subject.up = False
        return Outcome(probe.id, "fail", "", (), Evidence("no-answer"))

    return Probe(probe.id, probe.applies, look)


@pytest.mark.parametrize("framed", ["line", "http", "recv"])
def test_whether_a_probe_applies_is_not_asked_of_the_program(
    patience: Patience, framed: str
) -> None:
    """The last probe may have ended it."""
    subject: Any = FakeSubject()
    subject.address = None
    talk = Talk("text", None, (Turn(b"GET / HTTP/1.1\r\n\r\n", b".*"),), framed=framed)
    setting = Setting(talk, subject, patience, Hints(), {})
    reasons = [probe.applies(Context(probe.id, setting)) for probe in PROBES]
    assert None in reasons
