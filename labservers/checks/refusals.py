"""Answers that refuse a request, in the words that servers use for it."""

from __future__ import annotations

import re

WORDS = re.compile(
    "error|invalid|wrong|incorrect|usage|expected|exception|traceback|unknown|must be"
    "|too long|too large|ошибк|неверн|некоррект|неправильн|неизвестн|слишком",
    re.IGNORECASE,
)
STATUS = re.compile(rb"HTTP/[\d.]+ [45]")  # RFC 9110 section 15


def says_error(answer: bytes) -> bool:
    return WORDS.search(answer.decode("utf-8", "replace")) is not None


def refused(answer: bytes) -> bool:
    """By the status line of HTTP."""
    return STATUS.match(answer) is not None


def refuses(answer: bytes) -> bool:
    return refused(answer) if answer.startswith(b"HTTP/") else says_error(answer)
