"""A verdict as JSON, in one language: what the other reports and the page are made from."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from labservers.checks import talk_json
from labservers.checks.pictures import picture
from labservers.checks.spelling import spelled
from labservers.checks.texts import Language, causes, has, text
from labservers.checks.values import Evidence, Finding, Outcome, Verdict

Json = dict[str, Any]
WORDS = 400
ELLIPSIS = "…".encode()
# Of a regular expression: an escaped sign, what may be anything, a group.
SIGNS = re.compile(rb"\\([^A-Za-z0-9])|(?:\(\?[:>])?\.[*+]\??|\(\?[:>]|\)", re.DOTALL)
# Probes that look inside, or start the program themselves: they cannot be shown with one that runs.
INSIDE = frozenset({"starts", "folder", "descriptors", "threads", "ctrl-c", "again"})


def as_json(verdict: Verdict, findings: Sequence[Finding], language: Language) -> Json:
    """The findings are in that language.

    {language, program, task, talk, guessed, verdict, reason, took_s, conversation,
    probes: [{id, title, outcome, why, confirmed}], findings: [{...Finding, again, lesson,
    picture}]}; bytes are base64. again: the probe that shows it with a program that runs."""
    return {
        "language": language,
        "program": verdict.program,
        "task": verdict.task,
        "talk": verdict.talk,
        "guessed": verdict.guessed,
        "verdict": verdict.verdict,
        "reason": _words(verdict.reason, "cannot", language, verdict.reason_values),
        "took_s": round(verdict.took_s, 1),
        "conversation": talk_json.as_json(verdict.conversation) if verdict.conversation else None,
        "probes": [_probe(outcome, language) for outcome in verdict.outcomes],
        "findings": [_finding(finding, language) for finding in findings],
    }


def _probe(outcome: Outcome, language: Language) -> Json:
    return {
        "id": outcome.probe,
        "title": text(language, f"probe.{outcome.probe}"),
        "outcome": outcome.outcome,
        "why": _why(outcome, language),
        "confirmed": outcome.confirmed,
    }


def _why(outcome: Outcome, language: Language) -> str:
    """In words: what was seen, the symptom, or the cause where the probe knew it."""
    if outcome.evidence is None or outcome.values:
        return _words(outcome.why, "why", language, outcome.values)
    if outcome.why in causes() and outcome.why != outcome.evidence.symptom:
        title: str = causes()[outcome.why][language]["title"]
        return title
    return _words(outcome.why, "symptom", language)


def _words(key: str, group: str, language: Language, values: Sequence[tuple[str, str]] = ()) -> str:
    """The text of a key, with or without its group; a key without a text stays."""
    return text(language, f"{group}.{key}" if has(f"{group}.{key}") else key, values)


def _finding(finding: Finding, language: Language) -> Json:
    lesson = causes().get(finding.id, {}).get(language, {}).get("lesson", "")
    return {
        "id": finding.id,
        "level": finding.level,
        "title": finding.title,
        "line": finding.line,
        "source": finding.source,
        "evidence": finding.evidence,
        "why": finding.why,
        "next_step": finding.next_step,
        "probes": list(finding.probes),
        "again": next((probe for probe in finding.probes if probe not in INSIDE), None),
        "lesson": lesson,
        "proof": _proof(finding.proof),
        "picture": picture(finding.proof.timeline, language),
    }


def _proof(proof: Evidence) -> Json:
    """The evidence but for the moments, which the picture shows; what was expected in words too."""
    said: Json = _plain({**asdict(proof), "timeline": None, "figures": dict(proof.figures)})
    del said["timeline"]
    return {**said, "expected_words": spelled(pattern_words(proof.expected), WORDS)}


def pattern_words(pattern: bytes) -> bytes:
    """A regular expression as people read it: what varies is an ellipsis."""
    return SIGNS.sub(lambda sign: sign[1] or (ELLIPSIS if b"." in sign[0] else b""), pattern)


def _plain(value: Any) -> Any:
    """With bytes as base64 (RFC 4648), tuples as lists."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
