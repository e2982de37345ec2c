"""A verdict in a language: its report, as in report_json.py."""

from __future__ import annotations

from typing import Any

from labservers.checks.report_json import as_json
from labservers.checks.texts import Language
from labservers.checks.values import Verdict


def in_language(verdict: Verdict, language: Language) -> dict[str, Any]:
    return as_json(verdict, verdict.findings, language)
