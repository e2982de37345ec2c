"""What the source of a program lets expect of its conversation: a help to guess, never a reason."""

from __future__ import annotations

import ast
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from labservers.checks.own_files import own_files, parsed
from labservers.checks.values import Task

HTTP = re.compile(r"HTTP/1|BaseHTTPRequestHandler|text/html")
POST = re.compile(r"\bPOST\b|do_POST")
MATH = re.compile(r"sqrt|hypot|\*\*|\bmath\b|площад|дискриминант|катет|гипотенуз", re.IGNORECASE)
CHAT = re.compile(r"\b(chat\w*|rooms?|nick\w*|broadcast\w*|чат\w*|комнат\w*)\b", re.IGNORECASE)
MANY = re.compile(
    r"\b(clients|members?|users|writers|everyone|peers|conn\w*s|sockets)\b", re.IGNORECASE
)
UDP = re.compile(r"SOCK_DGRAM|DatagramProtocol|UDPServer|DatagramRequestHandler")
LINES = re.compile(
    r"readline|makefile|readuntil|StreamRequestHandler|for \w+ in \w*file"
    r"|(?:split|partition|find|index)\(b?[\"']\\n|[\"']\\n[\"'] (?:not )?in"
)
SERVES = re.compile(
    r"accept\(|bind\(|listen\(|create_server|start_server|socketserver|http\.server|recvfrom|run_app"
    r"|create_datagram_endpoint|HTTP/1|SOCK_DGRAM"
)
SELECT = re.compile(r"\bselect\.select\(|(?<![.\w])select\(|SelectSelector")
ROOMS = re.compile(r"\b(rooms?\w*|chat_?ids?|chats|комнат\w*)\b", re.IGNORECASE)
NAMES = re.compile(r"\b(nick\w*|user_?names?|имя|ник|names)\b", re.IGNORECASE)
LEAVES = re.compile(r"^/?(?:exit|quit|q|bye|stop|выход)$|^__main__$", re.IGNORECASE)
FAREWELL = re.compile(r"""==\s*b?["'](/?(?:exit|quit|q|bye|выход))["']""")
SEPARATOR = re.compile(r"split\(\s*(?:sep=)?(?:b?[\"'](.{1,4}?)[\"'])?\s*[,)]")
GREETS = re.compile(r"hello|\bhi\b|привет|здравствуй", re.IGNORECASE)
SENDS = re.compile(r"\b(?:send\w*|write\w*)\(|sendto|transport")
NUMBERS = re.compile(r"[@=<>!]?(?:\d?[bBhHiIlLqQfd])+")  # struct: of numbers alone
MOST_WORDS, WORD = 4, range(2, 30)
PATH = re.compile(r"""["'](?:GET |POST )?(/[\w./-]*)["']""")


@dataclass(frozen=True)
class Hints:
    """task: what the program seems to be; None: nothing says it. separators: of numbers, as
    split() has them. counts: into how many names a split is unpacked. keys: of JSON objects.
    lines: it seems to read to a line feed. paths: of HTTP. selects: it calls select().
    limits: it may have a time limit. rooms, names: of a chat. farewell: the word by which a
    client leaves. greets: it speaks of a greeting. words: what it compares with texts of its own.
    formats: of numbers, as struct has them. sends: it sends something, at any time."""

    task: Task | None = None
    json: bool = False
    lines: bool = False
    separators: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    selects: bool = False
    limits: bool = True
    rooms: bool = False
    names: bool = False
    farewell: str = ""
    greets: bool = False
    words: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    sends: bool = True


def hints(file: Path) -> Hints:
    """From the file and the modules beside it that it imports; none of one that cannot be read."""
    sources = [text for _, text in own_files(file)]
    text = "\n".join(sources)
    trees = [tree for source in sources if (tree := parsed(source)) is not None]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return Hints(
        task=_task(text),
        json="json" in text,
        lines=bool(LINES.search(text)),
        separators=tuple(dict.fromkeys(found or " " for found in SEPARATOR.findall(text))),
        counts=tuple(dict.fromkeys(count for node in nodes if (count := _unpacked(node)))),
        keys=tuple(dict.fromkeys(key for node in nodes for key in _keys(node))),
        paths=tuple(dict.fromkeys(PATH.findall(text))),
        selects=bool(SELECT.search(text)),
        limits="timeo" in text.lower() or "accept(" not in text,
        rooms=bool(ROOMS.search(text)),
        names=bool(NAMES.search(text)),
        farewell=next(iter(FAREWELL.findall(text)), ""),
        greets=bool(GREETS.search(text)),
        words=tuple(dict.fromkeys(word for node in nodes for word in _words(node)))[:MOST_WORDS],
        formats=tuple(dict.fromkeys(one for node in nodes for one in _formats(node))),
        sends=bool(SENDS.search(text)),
    )


def _task(text: str) -> Task | None:
    if not SERVES.search(text):
        return None  # it starts something else
    if HTTP.search(text):
        return "subjects" if POST.search(text) and _saves(text) else "page"
    if MATH.search(text) and not CHAT.search(text):
        return "math"
    if UDP.search(text):
        return "hello"
    together = re.search(r"thread|select|asyncio|poll", text)
    if together and (CHAT.search(text) or MANY.search(text)):
        return "chat"
    return None


def _saves(text: str) -> bool:
    return bool(re.search(r"grade|subject|оценк|дисциплин|предмет|mark", text, re.IGNORECASE))


def _unpacked(node: ast.AST) -> int | None:
    """`a, b = text.split()`: 2."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple | ast.List):
        return None
    splits = any(
        isinstance(part, ast.Attribute) and part.attr == "split" for part in ast.walk(node.value)
    )
    count = len(node.targets[0].elts)
    return count if splits and 1 < count < 8 else None


def _keys(node: ast.AST) -> list[str]:
    """`request["a"]`, `request.get("a")`, `"a" in request`, `for key in ("a", "b")`."""
    if isinstance(node, ast.Subscript):
        return _strings([node.slice])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _strings(node.args[:1]) if node.func.attr == "get" else []
    if isinstance(node, ast.comprehension | ast.For) and isinstance(
        node.iter, ast.Tuple | ast.List
    ):
        return _strings(node.iter.elts)
    return []


def _strings(nodes: list[ast.expr]) -> list[str]:
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 30
    ]


def _words(node: ast.AST) -> list[str]:
    """`text == "time"`, `data.strip() in (b"time", b"date")`, `text.startswith("time")`,
    `case "time":`; those by which a client leaves are none."""
    compared: list[ast.expr] = []
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.In):
        right = node.comparators[0]
        compared = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "startswith":
        compared = node.args[:1]
    elif isinstance(node, ast.MatchValue):
        compared = [node.value]
    texts = [_text(one) for one in compared]
    return [
        one for one in texts if len(one) in WORD and one.isprintable() and not LEAVES.search(one)
    ]


def _text(node: ast.expr) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _formats(node: ast.AST) -> list[str]:
    """`struct.unpack("!dd", data)`, `Struct("<3i")`."""
    if not isinstance(node, ast.Call):
        return []
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name not in ("unpack", "unpack_from", "iter_unpack", "Struct"):
        return []
    texts = [_text(one) for one in node.args[:1]]
    return [one for one in texts if NUMBERS.fullmatch(one) and values_of(one) > 1]


def values_of(format: str) -> int:
    """How many numbers it stands for."""
    return len(struct.unpack(format, bytes(struct.calcsize(format))))
