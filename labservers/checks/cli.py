"""`python -m labservers check FILE`: what is wrong with a socket server.

Exit code: 0 nothing that must be mended, 1 something must, 2 it could not be checked.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import socket
import sys
import threading
import traceback
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from labservers.checks import report_html, report_junit, report_text, talk_json
from labservers.checks.plan import Cancelled, Options, Progress, run
from labservers.checks.submissions import servers_in
from labservers.checks.texts import LANGUAGES, Language, text
from labservers.checks.values import Address, Talk, Task, Verdict
from labservers.checks.verdicts import in_language
from labservers.command_line import EXIT_USAGE, Parser, inherited_socket
from labservers.observe.text import printable

EXIT_MEND = 1
EXIT_INTERRUPTED = 130
Json = dict[str, Any]


def main(words: list[str]) -> int:
    """Check what the command line names; returns the exit code."""
    parser = _parser()
    asked = parser.parse_args(words)
    if bool(asked.subjects) == bool(asked.address):
        parser.error("a FILE, a FOLDER or --address HOST:PORT is needed, one of them")
    if missing := next((path for path in asked.subjects if not path.exists()), None):
        parser.error(f"{printable(str(missing))} is not there")
    cancelled = _cancelled(asked.channel)
    try:
        said = list(_checked(asked, cancelled))
    except Cancelled:
        return EXIT_INTERRUPTED
    if not said:
        parser.error("no file there opens a server")
    return _reported(said, asked)


def _checked(asked: Namespace, cancelled: Callable[[], bool]) -> Iterator[Json]:
    """A report for each program, one after the other: many listen on the same port."""
    options = _options(asked)
    if asked.address:
        yield _one(options, str(asked.address), asked, cancelled)
        return
    files, left_out = servers_in(asked.subjects)
    if left_out:
        _remark(text(asked.lang, "left.out", {"n": left_out}))
    for number, (name, file) in enumerate(files, 1):
        if len(files) > 1:
            _remark(f"{number}/{len(files)} {name}")
        try:
            yield _one(replace(options, file=file), name, asked, cancelled)
        except Cancelled:
            if number == 1:
                raise
            _remark(text(asked.lang, "not.checked", {"n": len(files) - number + 1}))
            return


def _one(options: Options, name: str, asked: Namespace, cancelled: Callable[[], bool]) -> Json:
    progress = _print_progress if asked.progress_json else _show_progress
    verdict = replace(_run(options, progress, cancelled), program=name)
    _show_progress(None)
    said = {language: in_language(verdict, language) for language in LANGUAGES}
    if asked.both:
        asked.both.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    if asked.progress_json:
        _print({"verdict": said[asked.lang]})
    return said[asked.lang]


def _run(
    options: Options, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
) -> Verdict:
    """A fault of the checker on one program does not stop the check of the others."""
    try:
        return run(options, progress, cancelled)
    except Cancelled:
        raise
    except Exception as error:
        traceback.print_exc()
        reason = text(options.language, "cannot.broke", {"error": repr(error)})
        return Verdict("", options.task, None, False, "cannot run", (), (), reason)


def _reported(said: Sequence[Json], asked: Namespace) -> int:
    try:
        if asked.html:
            asked.html.write_text(report_html.page(said), "utf-8")
        if asked.junit:
            asked.junit.write_text(report_junit.junit(said), "utf-8")
    except OSError as error:
        print(f"check: {error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    if asked.json:
        _print(said[0] if len(said) == 1 else said)
    elif len(said) > 1:
        print(report_text.table(said), end="")
    elif not asked.progress_json:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print(report_text.report(said[0], colour=colour), end="")
    verdicts = {one["verdict"] for one in said}
    return EXIT_MEND if "mend" in verdicts else EXIT_USAGE if "cannot run" in verdicts else 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m labservers check",
        description="What is wrong with a socket server, and where, and what to do about it.",
    )
    add = parser.add_argument
    add("subjects", nargs="*", type=Path, metavar="FILE", help="a server, several, or folders")
    add("--address", type=address, metavar="HOST:PORT", help="a server that runs already")
    add("--udp", action="store_true", help="the one at --address speaks UDP")
    add("--task", choices=get_args(Task), help="what it is for; it is guessed without")
    add("--talk", type=Path, metavar="FILE", help="a conversation, recorded or written")
    add("--client", type=Path, metavar="FILE", help="its own client, to learn from")
    add("--python", default=sys.executable, metavar="PATH", help="the interpreter that runs it")
    add(
        "--args", default=(), type=shell_words, metavar="WORDS", help="its arguments, as in a shell"
    )
    add("--json", action="store_true", help="print the report as JSON")
    add("--junit", type=Path, metavar="FILE", help="write it as JUnit XML")
    add("--html", type=Path, metavar="FILE", help="write it as one HTML file")
    add("--lang", choices=LANGUAGES, default=terminal_language(), help="of the report")
    add("--progress-json", action="store_true", help="print progress and verdict, a line each")
    add("--held", type=held, help=argparse.SUPPRESS)  # a file with a report's conversation
    add("--both", type=Path, help=argparse.SUPPRESS)  # a file for the report in both languages
    add("--channel", type=inherited_socket, help=argparse.SUPPRESS)  # its end is a cancel
    add("--again", metavar="PROBE", help="only show this probe again, slowly")
    add("--pace", type=float, default=0.6, metavar="SECONDS", help="the rest at each of its steps")
    return parser


def _options(asked: Namespace) -> Options:
    again = {"only": (asked.again,), "pace_s": asked.pace, "once": True} if asked.again else {}
    return Options(
        address=asked.address and replace(asked.address, datagram=asked.udp),
        task=asked.task,
        talk=asked.talk,
        client=asked.client,
        python=asked.python,
        arguments=tuple(asked.args),
        language=asked.lang,
        held=asked.held,
        **again,
    )


def address(words: str) -> Address:
    """HOST:PORT; the host of IPv6 in brackets (RFC 3986, 3.2.2)."""
    host, colon, port = words.rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ArgumentTypeError(f"{words!r} is not an address, as 127.0.0.1:8080")
    return Address(host.strip("[]") or "127.0.0.1", int(port))


def held(path: str) -> Talk:
    try:
        return talk_json.from_json(json.loads(Path(path).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArgumentTypeError(f"{path}: not the conversation of a report: {error}") from None


def shell_words(words: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(words))
    except ValueError as error:
        raise ArgumentTypeError(f"{words!r}: {error}") from None


def terminal_language() -> Language:
    """By the variables of locale(7) in their order."""
    chosen = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ru" if next(filter(None, chosen), "").lower().startswith("ru") else "en"


def _cancelled(channel: int | None) -> Callable[[], bool]:
    """Whether ^C or SIGTERM has come, or the other end of the channel is gone."""
    came = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: came.set())
    if channel is not None:
        threading.Thread(target=_wait_for_end, args=(channel, came), daemon=True).start()
    return came.is_set


def _wait_for_end(channel: int, came: threading.Event) -> None:
    with socket.socket(fileno=channel) as line:
        while line.recv(4096):
            pass
    came.set()


def _print_progress(progress: Progress) -> None:
    _print({"progress": progress._asdict()})


def _show_progress(progress: Progress | None) -> None:
    """The probe that is being looked at, on one line of a terminal; None ends the line."""
    if sys.stderr.isatty():
        words = f"{progress.n}/{progress.of} {progress.probe}" if progress else ""
        print(f"\r{words:<40}\r", end="", file=sys.stderr, flush=True)


def _remark(words: str) -> None:
    print(printable(words), file=sys.stderr, flush=True)


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)
