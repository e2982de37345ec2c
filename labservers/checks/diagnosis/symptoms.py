"""The cause of a failed probe in which nothing died: where threads stood, then what was seen."""

from __future__ import annotations

from labservers.checks.diagnosis.code import Code
from labservers.checks.diagnosis.match import DELIVERIES, LEAVERS, READS, SENDS, Match
from labservers.checks.values import Evidence, Outcome, ProgramFacts, Stand

LOOPS = ("select", "selectors", "asyncio")
WAITED_S = 12  # how long the probe `silent` waits for the silent client to be dropped
BUSY = 0.5  # share of a processor
# In a chat: members have left, and those that come then are not served.
FIRST_LEFT = frozenset({"answers-again", "connect-close", "reset"})

# In a chat, somebody has left before the probe fails: the second conversation follows a first.
CHAT_LEAVERS = LEAVERS | {"connect-close", "answers-again", "chat-churn"}

# What a probe means by itself, whatever it saw.
BY_PROBE = {
    "split": "recv-taken-for-message",
    "glued": "recv-taken-for-message",
    "long": "recv-taken-for-message",
    "half-close": "half-close-unanswered",
    "crowd": "crowd-lost",
    "again": "no-reuseaddr",
    "folder": "file-from-one-folder",
    "udp-large": "udp-cut",
    "udp-empty": "udp-empty-ends",
    "connect-close": "empty-read-spins",
    "slow": "deaf-stops-all",
    "chat-letters": "decode-half-letter",
    "chat-others": "chat-rooms-mixed",
    "chat-order": "chat-order-differs",
    "chat-all": "chat-message-lost",
    "chat-leave-fin": "broadcast-to-gone",
    "chat-leave-reset": "broadcast-to-gone",
    "http-post-split": "http-body-lost",
}
BY_SYMPTOM = {
    "no-answer": "no-answer",
    "others-wait": "no-answer",
    "wrong-answer": "wrong-answer",
    "closed": "closed-unanswered",
    "reset": "closed-unanswered",
    "refused": "ends-after-one",
    "died": "ends-after-one",
    "leaks": "descriptors-leak",
    "not-started": "never-listens",
    "port-taken": "no-reuseaddr",
    "http": "http-status-line",
    "lost": "chat-message-lost",
    "spins": "empty-read-spins",
    "thread-died": "thread-dies",
    "not-ended": "ctrl-c-ignored",
}


def by_symptom(outcome: Outcome, evidence: Evidence, facts: ProgramFacts, code: Code) -> Match:
    left = facts.task == "chat" and outcome.probe in CHAT_LEAVERS
    if left and evidence.symptom not in ("spins", "refused", "died"):
        return Match(_while_leaving(code, outcome.probe))
    special = {
        "silent": _silent,
        "slow": _slow,
        "chat-deaf": _deaf,
        "ctrl-c": _not_ended,
        "threads": _threads,
        "closes": _closes,
        "descriptors": _descriptors,
        "udp-burst": _burst,
        "answers-again": _again,
    }.get(outcome.probe)
    in_chat = facts.task == "chat" and outcome.probe in FIRST_LEFT
    if in_chat and evidence.symptom == "died":
        return Match("gone-ends")
    if in_chat and evidence.symptom not in ("spins", "leaks"):
        return Match("changed-while-sending" if code.loops_that_change() else "broadcast-to-gone")
    if special is not None:
        return special(evidence, code)
    if outcome.probe in DELIVERIES and facts.talk == "math-json" and code.calls("loads"):
        return Match("json-of-half-request")
    if outcome.probe == "glued" and code.text_files_both_ways():
        return Match("makefile-text")
    if outcome.probe in BY_PROBE:
        return Match(BY_PROBE[outcome.probe])
    if evidence.symptom == "others-wait" and stand_in(evidence, READS) is not None:
        return _silent(evidence, code)
    return Match(BY_SYMPTOM[evidence.symptom])


def holds_files(code: Code) -> bool:
    """Whether it closes its sockets, but not all files that it has made of them."""
    return bool(code.open_files() and code.calls("close"))


def stand_in(evidence: Evidence, calls: frozenset[str]) -> Stand | None:
    """The thread that has stood longest in one of these calls."""
    standing = [stand for stand in evidence.stands if stand.call in calls]
    return max(standing, key=lambda stand: stand.waited_s or 0, default=None)


def figure(evidence: Evidence, name: str) -> float | None:
    return dict(evidence.figures).get(name)


def _at(cause: str, stand: Stand | None) -> Match:
    if stand is None:
        return Match(cause)
    return Match(cause, stand.line, stand.source, stand=stand)


def _while_leaving(code: Code, probe: str) -> str:
    """A message is lost after, or while, members leave."""
    if code.loops_that_change():
        return "changed-while-sending"
    if probe != "chat-churn":
        return "broadcast-to-gone"
    if code.unguarded_broadcasts() and code.calls("Thread", "start_new_thread"):
        return "lock-only-where-written" if code.has_locks() else "changed-while-sending"
    return "chat-message-lost"


def _silent(evidence: Evidence, code: Code) -> Match:
    stand = stand_in(evidence, READS)
    limits = [limit for limit in code.time_limits() if limit > WAITED_S]
    if figure(evidence, "freed_after_s") is not None or limits:
        return _at("one-at-a-time-limited", stand)
    return _at("loop-blocked" if code.uses(*LOOPS) else "one-at-a-time", stand)


def _slow(evidence: Evidence, code: Code) -> Match:
    """Others wait for one that does not read: the program stands in send(), or, one client at a
    time, in recv() for the rest of that client's words."""
    if evidence.symptom in ("wrong-answer", "closed"):
        return Match("partial-send")
    sending = stand_in(evidence, SENDS)
    if sending is None and stand_in(evidence, READS) is not None:
        return _silent(evidence, code)
    return _at("deaf-stops-all", sending)


def _deaf(evidence: Evidence, code: Code) -> Match:
    """A chat's threads always stand in recv(): only one in send() says where it waits."""
    return _at("deaf-stops-all", stand_in(evidence, SENDS))


def _not_ended(evidence: Evidence, code: Code) -> Match:
    """The main thread goes on in a line of its own, or it has ended and others have not."""
    main = [stand for stand in evidence.stands if stand.thread in ("MainThread", "main")]
    others = [stand for stand in evidence.stands if stand not in main]
    if main and code.takes_interrupts():
        return Match("ctrl-c-ignored")
    if (others and not main) or (not code.bare_excepts() and code.calls("Thread")):
        return _at("ctrl-c-threads", others[0] if others else None)
    return Match("ctrl-c-ignored")


def _threads(evidence: Evidence, code: Code) -> Match:
    if evidence.symptom != "spins":
        return Match("threads-leak")
    before = figure(evidence, "cpu_before") or 0
    return Match("busy-loop" if before > BUSY else "empty-read-spins")


def _closes(evidence: Evidence, code: Code) -> Match:
    return Match("makefile-open" if holds_files(code) else "not-closed")


def _descriptors(evidence: Evidence, code: Code) -> Match:
    return Match("makefile-open" if holds_files(code) else "descriptors-leak")


def _burst(evidence: Evidence, code: Code) -> Match:
    return Match("udp-wrong-sender" if evidence.symptom == "wrong-answer" else "udp-burst-lost")


def _again(evidence: Evidence, code: Code) -> Match:
    if evidence.symptom in ("wrong-answer", "closed"):
        return Match("second-answer-differs")
    return Match(BY_SYMPTOM[evidence.symptom])
