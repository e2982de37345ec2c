"""The rules for room ids, nicknames and messages of browsers.

The rules are data, since the page judges by them as well: bodies of character classes, which
Python and JavaScript read alike whatever their versions of Unicode, and the most of each.
`spaces` may stand inside a nickname, `unseen` nowhere, and `blank` alone is no message. `nickname`
counts characters, `bytes` those of a message with its prefix.
"""

import json
import re
from pathlib import Path
from typing import Any

RULES: dict[str, Any] = json.loads(Path(__file__).with_name("chat_rules.json").read_text("utf-8"))
_UNSEEN = re.compile(f"[{RULES['unseen']}]")
_SPACE = re.compile(f"[{RULES['spaces']}]")
_BLANK = re.compile(f"[{RULES['blank']}]*")
_AROUND = re.compile(f"^[{RULES['spaces']}]+|[{RULES['spaces']}]+$")


def room_problem(room: object) -> str:
    """Why this is not a room id; empty when it is one."""
    if not isinstance(room, str) or len(room) != 1:
        return "the room id is exactly one character"
    if _UNSEEN.match(room) or _SPACE.match(room):
        return "the room id is a character that can be seen"
    return ""


def is_seen(text: str) -> bool:
    """Whether all of its characters can be seen, or are spaces."""
    return not _UNSEEN.search(text)


def trimmed(name: str) -> str:
    """A nickname without the spaces around it."""
    return _AROUND.sub("", name)


def name_problem(name: object) -> str:
    """Why this is not a nickname; empty when it is one."""
    text = trimmed(name) if isinstance(name, str) else ""
    if not 0 < len(text) <= RULES["nickname"]:
        return f"a nickname has 1 to {RULES['nickname']} characters"
    if ":" in text or not is_seen(text):
        return "a nickname has neither a colon nor characters that cannot be seen"
    return ""


def text_problem(text: object) -> str:
    """Why this is not a message; empty when it is one."""
    if not isinstance(text, str) or _BLANK.fullmatch(text):
        return "a message is more than blanks"
    if "\n" in text or "\r" in text:
        return "a message is one line of text"
    return ""
