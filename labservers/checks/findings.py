"""From outcomes to findings: several failed probes with one cause are one finding."""

from __future__ import annotations

from collections.abc import Sequence

from labservers.checks.diagnosis.code import Code
from labservers.checks.diagnosis.deaths import by_death, relevant
from labservers.checks.diagnosis.match import SENDS, Match
from labservers.checks.diagnosis.places import located
from labservers.checks.diagnosis.sentences import evidence
from labservers.checks.diagnosis.symptoms import by_symptom, holds_files
from labservers.checks.texts import Language, causes, text
from labservers.checks.values import Evidence, Finding, Outcome, ProgramFacts

# What is seen of a server that is busy, or stands still, for another reason.
UNSERVED = frozenset(
    {"no-answer", "crowd-lost", "deaf-stops-all", "chat-message-lost", "chat-order-differs"}
)
# What is seen of a room in which somebody who has left still disturbs.
LEFT = UNSERVED | {
    *("closed-unanswered", "wrong-answer", "second-answer-differs", "half-close-unanswered"),
    "recv-taken-for-message",
}
# A cause on the left has those on the right as its consequences: they are not said as well.
BRINGS: dict[str, frozenset[str]] = {
    "empty-read-spins": UNSERVED
    | {"threads-leak", "descriptors-leak", "not-closed", "makefile-open", "broadcast-to-gone"},
    "broadcast-to-gone": LEFT | {"changed-while-sending", "descriptors-leak"},
    "changed-while-sending": LEFT,
    "lock-only-where-written": LEFT,
    "chat-message-lost": frozenset({"recv-taken-for-message"}),
    "gone-ends": UNSERVED | {"closed-unanswered"},
    "makefile-open": frozenset({"http-no-length", "not-closed", "descriptors-leak"}),
    "descriptors-leak": frozenset({"not-closed"}),
    "http-no-length": frozenset({"not-closed"}),
    "one-at-a-time": UNSERVED | {"loop-blocked", "closed-unanswered"},
    "one-at-a-time-limited": UNSERVED | {"closed-unanswered"},
    "loop-blocked": UNSERVED,
    "json-of-half-request": frozenset({"recv-taken-for-message"}),
    "no-answer": frozenset({"half-close-unanswered"}),
}
# In a room these stand for themselves, where the inside shows them.
BY_ITSELF = frozenset({"broadcast-to-gone", "deaf-stops-all"})
CANNOT_RUN = frozenset(
    {"port-taken", "port-waits", "needs-arguments", "waits-for-input", "unix-socket", "no-talk"}
    | {"never-sends", "nobody-listens", "answers-by-hand", "bad-talk", "client-silent"}
)

Found = tuple[Match, Outcome]


def findings(outcomes: Sequence[Outcome], language: Language, facts: ProgramFacts) -> list[Finding]:
    """The causes of all probes that failed for sure, the gravest first."""
    code = Code(facts.sources)
    by_cause: dict[str, list[Found]] = {}
    for outcome in outcomes:
        if outcome.outcome == "fail" and outcome.confirmed and outcome.why not in CANNOT_RUN:
            match = located(_match(outcome, facts, code), code, facts.called)
            by_cause.setdefault(match.cause, []).append((match, outcome))
    seen = {cause for cause, found in by_cause.items() if _seen_inside(found)} & BY_ITSELF
    brought = {cause for found in by_cause for cause in BRINGS.get(found, ())} - seen
    order = [cause for cause in causes() if cause in by_cause and cause not in brought]
    also = {cause: _of_consequences(cause, by_cause, order) for cause in order}
    return [_finding(cause, by_cause[cause], language, also[cause]) for cause in order]


def _of_consequences(
    cause: str, by_cause: dict[str, list[Found]], order: list[str]
) -> tuple[str, ...]:
    """Probes that failed for what this cause brings, and nothing else is said of."""
    brought = BRINGS.get(cause, frozenset())
    while (further := brought.union(*(BRINGS.get(one, ()) for one in brought))) != brought:
        brought = further
    hidden = [one for one in by_cause if one in brought and one not in order]
    return tuple(outcome.probe for one in hidden for _, outcome in by_cause[one])


def _seen_inside(found: list[Found]) -> bool:
    """The inside shows it: an exception of its own, or a thread that stands in a send."""
    return any(
        match.death is not None or (match.stand is not None and match.stand.call in SENDS)
        for match, _ in found
    )


def _match(outcome: Outcome, facts: ProgramFacts, code: Code) -> Match:
    """A probe that knows the cause has said it; else the inside decides, then the outside."""
    proof = outcome.evidence or Evidence("no-answer")
    spins = proof.symptom == "spins"
    death = None if spins else relevant(proof.deaths, outcome.probe, proof.symptom)
    churned = outcome.probe == "chat-churn"  # which cause, the source decides
    if outcome.why in causes() and outcome.why != proof.symptom and death is None and not churned:
        held = outcome.why == "http-no-length" and holds_files(code)
        return Match("makefile-open" if held else outcome.why)
    if death is not None:
        return by_death(death, outcome, facts, code)
    return by_symptom(outcome, proof, facts, code)


def _finding(cause: str, found: list[Found], language: Language, also: tuple[str, ...]) -> Finding:
    """Told by the outcome that shows most: one with a line of the inside, else the first."""
    match, outcome = max(found, key=lambda one: (one[0].death or one[0].stand) is not None)
    entry = causes()[cause]
    said = evidence(match, outcome, language)
    if len(found) > 1:
        said += " " + text(language, "saw.many", {"n": len(found) - 1})
    words = entry[language]
    return Finding(
        id=cause,
        level=entry["level"],
        title=words["title"],
        line=match.line,
        source=match.source,
        evidence=said,
        why=words["why"],
        next_step=words["next_step"],
        probes=(*(outcome.probe for _, outcome in found), *also),
        proof=outcome.evidence or Evidence("no-answer"),
    )
