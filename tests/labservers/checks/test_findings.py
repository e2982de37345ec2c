"""From outcomes to causes: an example of each cause, and what is said of it."""

import re
from dataclasses import replace

import pytest

from labservers.checks.findings import BRINGS, findings
from labservers.checks.texts import LANGUAGES, causes
from labservers.checks.values import (
    Death,
    Evidence,
    Finding,
    Outcome,
    ProgramFacts,
    Stand,
    Task,
)

BLOCKING = """
server.bind(ADDRESS)
server.listen(1)
client, address = server.accept()
data = client.recv(1024)
client.send(data.decode().encode())
"""
LOOP = "import select\n" + BLOCKING
IGNORES = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nThread()\n" + BLOCKING
LIMITED = BLOCKING + "client.settimeout(30)\n"
CHANGES = BLOCKING + "for one in members:\n    members.remove(one)\n    one.send(data)\n"
WITH_LOCK = (
    BLOCKING
    + """
lock = threading.Lock()
threading.Thread(target=serve).start()
with lock:
    members.append(client)
for one in members:
    one.send(data)
"""
)
BARE = BLOCKING + "try:\n    serve()\nexcept:\n    pass\n"
TEXT_FILE = BLOCKING + 'stream = client.makefile("rw", encoding="utf-8")\n'
HELD_FILE = BLOCKING + "stream = client.makefile()\nclient.close()\n"


def failed(
    probe: str,
    symptom: str = "no-answer",
    why: str = "",
    *,
    raised: str = "",
    thread: bool = False,
    source: str = "",
    line: str = "server.py:5",
    stands: tuple[tuple[str, str], ...] = (),
    **figures: float,
) -> Outcome:
    """raised: "ValueError: a message"; line, source: where; stands: thread and call."""
    kind, _, message = raised.partition(": ")
    name = "Thread-1" if thread else "MainThread"
    death = Death(name, not thread, kind, message, line, source, b"\xff", 0)
    evidence = Evidence(
        symptom,
        sent=b"3 4",
        got=b"5",
        after_s=0.5,
        deaths=(death,) if raised else (),
        stands=tuple(Stand(t, "server.py:5", "data = recv()", call, 3.0) for t, call in stands),
        figures=tuple(figures.items()),
    )
    return Outcome(probe, "fail", why or symptom, (), evidence, confirmed=True)


def found(*outcomes: Outcome, source: str = BLOCKING, task: Task | None = None) -> list[Finding]:
    facts = ProgramFacts("server.py", (("server.py", source),), task, observed=True)
    return findings(outcomes, "en", facts)


RECV, SEND, THREAD = (("MainThread", "recv"),), (("MainThread", "send"),), (("Thread-1", "recv"),)
GONE, CUT = "BrokenPipeError: Broken pipe", "UnicodeDecodeError: unexpected end of data"
MANY = "ValueError: filedescriptor out of range in select()"
# cause, outcome, source, task
EXAMPLES: list[tuple[str, Outcome, str, Task | None]] = [
    ("port-below-1024", failed("starts", "not-started", "ends-at-start", raised="PermissionError: denied", source="s.bind(a)"), BLOCKING, None),
    ("address-not-here", failed("starts", "not-started", "ends-at-start", raised="OSError: Cannot assign requested address"), BLOCKING, None),
    ("address-not-here", failed("starts", "not-started", "ends-at-start", raised="gaierror: Name or service not known"), BLOCKING, None),
    ("ends-at-start", failed("starts", "not-started", "ends-at-start", raised="NameError: x"), BLOCKING, None),
    ("never-listens", failed("starts", "not-started", "never-listens"), BLOCKING, None),
    ("client-elsewhere", failed("answers", "refused", "client-elsewhere"), BLOCKING, None),
    ("good-request-ends", failed("answers", "died", raised="KeyError: 'a'"), BLOCKING, None),
    ("no-answer", failed("answers"), BLOCKING, None),
    ("wrong-answer", failed("answers", "wrong-answer"), BLOCKING, None),
    ("closed-unanswered", failed("answers", "closed"), BLOCKING, None),
    ("second-answer-differs", failed("answers-again", "wrong-answer"), BLOCKING, None),
    ("ends-after-one", failed("answers-again", "refused"), BLOCKING, None),
    ("decode-not-text", failed("not-utf8", "died", raised="UnicodeDecodeError: invalid start byte"), BLOCKING, None),
    ("decode-not-text", failed("not-utf8", "thread-died", raised="UnicodeDecodeError: x", thread=True), BLOCKING, None),
    ("decode-half-letter", failed("chat-letters", "died", raised=CUT), BLOCKING, "chat"),
    ("decode-half-letter", failed("chat-letters", "wrong-answer", "decode-half-letter"), BLOCKING, "chat"),
    ("json-of-half-request", failed("split", "died", raised="JSONDecodeError: Expecting value"), BLOCKING, None),
    ("recv-taken-for-message", failed("split", "wrong-answer"), BLOCKING, None),
    ("recv-taken-for-message", failed("split", "wrong-answer"), TEXT_FILE, None),
    ("makefile-text", failed("glued", "wrong-answer"), TEXT_FILE, None),
    ("recv-taken-for-message", failed("glued", "died", raised="ValueError: too many values"), BLOCKING, None),
    ("empty-read-ends", failed("connect-close", "died", raised="IndexError: list index"), BLOCKING, None),
    ("empty-read-spins", failed("connect-close", "spins", raised=GONE, thread=True, cpu=1.0), BLOCKING, "chat"),
    ("empty-read-spins", failed("threads", "spins", cpu=0.9, cpu_before=0.0), BLOCKING, None),
    ("nonsense-ends", failed("nonsense", "died", raised="ValueError: invalid literal"), BLOCKING, None),
    ("thread-dies", failed("nonsense", "thread-died", raised="ValueError: invalid", thread=True), BLOCKING, None),
    ("timeout-ends", failed("silent", "died", raised="TimeoutError: timed out"), BLOCKING, None),
    ("half-close-unanswered", failed("half-close", "closed"), BLOCKING, None),
    ("gone-ends", failed("reset", "died", raised="ConnectionResetError: reset"), BLOCKING, None),
    ("gone-ends", failed("gone-while-sending", "died", raised=GONE, source="c.send(a)"), BLOCKING, "math"),
    ("broadcast-to-gone", failed("chat-leave-fin", "lost", raised=GONE, source="m.send(a)", thread=True), BLOCKING, "chat"),
    ("broadcast-to-gone", failed("chat-leave-reset", "lost"), BLOCKING, "chat"),
    ("broadcast-to-gone", failed("answers-again", "no-answer"), BLOCKING, "chat"),
    ("changed-while-sending", failed("connect-close", "no-answer"), CHANGES, "chat"),
    ("changed-while-sending", failed("chat-leave-fin", "lost"), CHANGES, "chat"),
    ("changed-while-sending", failed("chat-churn", "died", raised="RuntimeError: dictionary changed size during iteration"), BLOCKING, "chat"),
    ("lock-only-where-written", failed("chat-churn", "lost", "chat-message-lost"), WITH_LOCK, "chat"),
    ("one-at-a-time", failed("silent", "others-wait", stands=RECV), BLOCKING, None),
    ("one-at-a-time", failed("slow", "others-wait", stands=RECV), BLOCKING, None),
    ("one-at-a-time-limited", failed("silent", "others-wait", stands=RECV, freed_after_s=10.0), BLOCKING, None),
    ("one-at-a-time-limited", failed("silent", "others-wait", stands=RECV), LIMITED, None),
    ("loop-blocked", failed("silent", "others-wait", stands=RECV), LOOP, None),
    ("deaf-stops-all", failed("slow", "others-wait", stands=SEND), BLOCKING, None),
    ("deaf-stops-all", failed("chat-deaf", "others-wait"), BLOCKING, "chat"),
    ("crowd-lost", failed("crowd", "refused"), BLOCKING, None),
    ("select-1024", failed("crowd", "died", raised=MANY), LOOP, None),
    ("busy-loop", failed("threads", "spins", cpu=1.0, cpu_before=1.0), BLOCKING, None),
    ("partial-send", failed("slow", "wrong-answer"), BLOCKING, None),
    ("descriptors-leak", failed("descriptors", "leaks", left_open=50.0), BLOCKING, None),
    ("makefile-open", failed("closes", "no-answer"), HELD_FILE, None),
    ("makefile-open", failed("http-length", "http", "http-no-length"), HELD_FILE, "page"),
    ("not-closed", failed("closes", "no-answer"), BLOCKING, None),
    ("not-closed", failed("closes", "leaks", raised=GONE, source="c.send(a)", thread=True), BLOCKING, None),
    ("threads-leak", failed("threads", "leaks", "threads-leak", threads_left=10.0), BLOCKING, None),
    ("ctrl-c-ignored", failed("ctrl-c", "not-ended", stands=RECV), BARE, None),
    ("ctrl-c-ignored", failed("ctrl-c", "not-ended", stands=(*RECV, *THREAD)), IGNORES, None),
    ("ctrl-c-threads", failed("ctrl-c", "not-ended", stands=THREAD), BLOCKING, None),
    ("no-reuseaddr", failed("again", "port-taken", "no-reuseaddr"), BLOCKING, None),
    ("file-from-one-folder", failed("folder", "died", raised="FileNotFoundError: index.html"), BLOCKING, None),
    ("request-cut", failed("long", "wrong-answer", "request-cut"), BLOCKING, None),
    ("udp-cut", failed("udp-large", "wrong-answer"), BLOCKING, "hello"),
    ("udp-empty-ends", failed("udp-empty", "died", raised="IndexError: x"), BLOCKING, "hello"),
    ("udp-wrong-sender", failed("udp-burst", "wrong-answer"), BLOCKING, "hello"),
    ("udp-burst-lost", failed("udp-burst", "no-answer"), BLOCKING, "hello"),
    ("http-body-lost", failed("http-post-split", "died", raised="KeyError: 'subject'"), BLOCKING, "subjects"),
    ("chat-message-lost", failed("chat-all", "lost"), BLOCKING, "chat"),
    ("chat-order-differs", failed("chat-order", "lost", "chat-order-differs"), BLOCKING, "chat"),
    ("chat-rooms-mixed", failed("chat-others", "lost", "chat-rooms-mixed"), BLOCKING, "chat"),
    ("gone-ends", failed("reset", "died"), BLOCKING, "chat"),
    ("broadcast-to-gone", failed("reset", "refused"), BLOCKING, "chat"),
    ("changed-while-sending", failed("reset", "refused"), CHANGES, "chat"),
    ("chat-message-lost", failed("chat-churn", "lost"), BLOCKING, "chat"),
    ("one-at-a-time", failed("nonsense", "others-wait", stands=RECV), BLOCKING, None),
    ("threads-leak", failed("threads", "leaks", threads_left=10.0), BLOCKING, None),
    ("descriptors-leak", failed("crowd", "died", raised="OSError: [Errno 24] Too many open files"), BLOCKING, None),
    ("partial-send", failed("slow", "died", raised="BlockingIOError: would block", source="c.send(a)"), BLOCKING, None),
    ("udp-cut", failed("udp-large", "died", raised=CUT), BLOCKING, "hello"),
]  # fmt: skip
SAID_BY_PROBES = {cause for cause in causes() if cause.startswith("http-")}


@pytest.mark.parametrize(("cause", "outcome", "source", "task"), EXAMPLES)
def test_an_example_of_each_cause(
    cause: str, outcome: Outcome, source: str, task: Task | None
) -> None:
    (finding,) = found(outcome, source=source, task=task)
    assert finding.id == cause
    assert finding.probes == (outcome.probe,)
    assert finding.level == causes()[cause]["level"]


def test_each_cause_has_an_example() -> None:
    assert {cause for cause, *_ in EXAMPLES} | SAID_BY_PROBES == set(causes())


@pytest.mark.parametrize("cause", sorted(SAID_BY_PROBES))
def test_a_probe_of_http_says_the_cause_itself(cause: str) -> None:
    (finding,) = found(failed("http-length", "http", cause), task="page")
    assert finding.id == cause


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", [outcome for _, outcome, _, _ in EXAMPLES])
def test_what_is_said_is_whole_sentences(outcome: Outcome, language: str) -> None:
    facts = ProgramFacts("server.py", (("server.py", BLOCKING),))
    (finding,) = findings([outcome], "ru" if language == "ru" else "en", facts)
    assert not re.search(r"[{}]|\bsaw\.|\bdid\.|None", finding.evidence)
    assert finding.evidence.endswith(".")
    assert bool(re.search("[а-я]", finding.evidence)) is (language == "ru")


def test_a_lesson_is_short_and_each_text_is_there() -> None:
    for cause in causes().values():
        for language in LANGUAGES:
            words = cause[language]
            assert len(words["lesson"].split()) < 150
            assert not words["title"].endswith(".")
            assert words["why"].endswith(".")
            assert words["next_step"].endswith((".", "?"))


def test_only_what_was_confirmed_is_said() -> None:
    first = failed("not-utf8", "died", raised="UnicodeDecodeError: x")
    unsure = Outcome(first.probe, "fail", first.why, (), first.evidence, confirmed=False)
    assert found(unsure, Outcome("answers", "pass"), Outcome("glued", "not tried", "udp")) == []


def test_several_probes_with_one_cause_are_one_finding() -> None:
    outside = failed("split", "wrong-answer")
    inside = failed("glued", "died", raised="ValueError: too many", source="a, b = line")
    (finding,) = found(outside, inside)
    assert finding.probes == ("split", "glued")
    assert (finding.line, finding.source) == ("server.py:5", "a, b = line")
    assert "1 more probe " in finding.evidence


def test_the_gravest_comes_first_and_consequences_are_left_out() -> None:
    silent = failed("silent", "others-wait", stands=RECV)
    said = found(failed("again", "port-taken", "no-reuseaddr"), failed("crowd", "refused"), silent)
    assert [one.id for one in said] == ["one-at-a-time", "no-reuseaddr"]
    assert said[0].probes == ("silent", "crowd")
    for cause, brought in BRINGS.items():
        assert {cause, *brought} <= set(causes())
        assert cause not in brought


def test_a_thread_that_stands_in_send_is_no_consequence_of_one_that_spins() -> None:
    spins = failed("connect-close", "spins", cpu=1.0)
    reads = failed("chat-deaf", "others-wait", stands=THREAD)
    sends = failed("chat-deaf", "others-wait", stands=(*THREAD, ("Thread-2", "send")))
    assert [one.id for one in found(spins, reads, task="chat")] == ["empty-read-spins"]
    both = found(spins, sends, task="chat")
    assert {one.id for one in both} == {"empty-read-spins", "deaf-stops-all"}
    assert any("Thread-2 stood at server.py:5 in send()" in one.evidence for one in both)


TELLS = BLOCKING + "for one in members:\n    one.send(data)\n"
IN_THE_LOOP, ELSEWHERE = "server.py:8", "server.py:6"


@pytest.mark.parametrize(
    ("line", "task", "cause"),
    [
        (IN_THE_LOOP, "chat", "broadcast-to-gone"),
        (IN_THE_LOOP, None, "broadcast-to-gone"),  # as the student's own client speaks it
        (ELSEWHERE, "chat", "gone-ends"),
        (ELSEWHERE, "math", "gone-ends"),
    ],
)
def test_a_send_that_ends_the_program_is_laid_to_its_line(
    line: str, task: Task | None, cause: str
) -> None:
    ended = failed("gone-while-sending", "died", raised=GONE, source="one.send(data)", line=line)
    (finding,) = found(ended, source=TELLS, task=task)
    assert (finding.id, finding.line) == (cause, line)


def test_a_message_lost_after_a_leave_is_no_consequence_of_a_reset_that_ends_the_program() -> None:
    ends = failed("reset", "died", raised="ConnectionResetError: reset", source="m.recv(9)")
    lost = failed("chat-leave-fin", "lost")
    assert {one.id for one in found(ends, lost, source=TELLS, task="chat")} == {
        "gone-ends",
        "broadcast-to-gone",
    }


def test_a_program_that_cannot_be_run_is_not_accused() -> None:
    assert found(failed("starts", "not-started", "port-taken")) == []


def test_a_swallowed_exception_and_the_leavers_own_thread_are_not_to_blame() -> None:
    own = failed("chat-leave-fin", "lost", raised="ConnectionResetError: reset", thread=True)
    (finding,) = found(own, task="chat")
    assert finding.id == "broadcast-to-gone"
    assert "ConnectionResetError" not in finding.evidence


def test_the_bytes_that_could_not_be_decoded_are_shown() -> None:
    (finding,) = found(failed("not-utf8", "died", raised="UnicodeDecodeError: x"))
    assert "The byte FF is not UTF-8" in finding.evidence


def test_a_line_is_named_from_the_source_where_the_inside_is_not_seen() -> None:
    for probe, cause in (("again", "no-reuseaddr"), ("starts", "port-below-1024")):
        (finding,) = found(failed(probe, "port-taken", cause))
        assert (finding.id, finding.line) == (cause, "server.py:2")
        assert finding.source == "server.bind(ADDRESS)"
    assert (
        findings([failed("again", "port-taken", "no-reuseaddr")], "en", ProgramFacts())[0].line
        is None
    )


def test_a_port_that_only_this_user_may_open_was_open() -> None:
    (finding,) = found(failed("starts", "not-started", "port-below-1024", privileged=80))
    assert finding.evidence.endswith(
        "It listens at port 80, as the user who ran the check may; others may not."
    )


def test_a_call_that_was_seen_counts_more_than_one_that_stands_first() -> None:
    source = "def unused(client):\n    client.recv(1)\n\nclient.recv(2)\n"
    facts = ProgramFacts("server.py", (("server.py", source),), observed=True)
    for called, line in ((frozenset({"server.py:4"}), 4), (frozenset[str](), 2)):
        (one,) = findings([failed("split")], "en", replace(facts, called=called))
        assert one.line == f"server.py:{line}"


def test_a_signal_that_is_ignored_is_named_before_a_handler_of_its_exception() -> None:
    source = f"{IGNORES}try:\n    serve()\nexcept KeyboardInterrupt:\n    pass\n"
    (finding,) = found(failed("ctrl-c", "not-ended", stands=RECV), source=source)
    assert finding.line == "server.py:2"


def test_the_thread_that_could_not_put_a_letter_together_counts_more_than_others() -> None:
    """A member of an earlier probe may go at the same time."""
    gone = failed("chat-letters", "thread-died", raised="BrokenPipeError: a", thread=True,
                  source="member.send(data)")  # fmt: skip
    half = failed("chat-letters", "thread-died", thread=True,
                  raised="UnicodeDecodeError: unexpected end of data")  # fmt: skip
    assert gone.evidence is not None
    assert half.evidence is not None
    both = replace(gone.evidence, deaths=(*gone.evidence.deaths, *half.evidence.deaths))
    facts = ProgramFacts("server.py", task="chat")
    found = findings([replace(gone, evidence=both)], "en", facts)
    assert [finding.id for finding in found] == ["decode-half-letter"]
