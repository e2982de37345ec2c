"""A verdict in a language: its report, as in report_json.py."""

from __future__ import annotations

from typing import Any

from labservers.checks.findings import findings
from labservers.checks.report_json import as_json
from labservers.checks.texts import Language, text
from labservers.checks.values import Verdict


def in_language(verdict: Verdict, language: Language) -> dict[str, Any]:
    """The findings are made anew, from what the probes have seen."""
    facts = verdict.facts
    found = findings(verdict.outcomes, language, facts) if facts else verdict.findings
    return as_json(verdict, found, language)


def broken(language: Language, error: str) -> Verdict:
    """Of a check that broke itself."""
    reason = text(language, "cannot.broke", {"error": error})
    return Verdict("", None, None, False, "cannot run", (), (), reason)
