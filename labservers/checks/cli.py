"""`python -m labservers check FILE`: what is wrong with a socket server.

Exit code: 0 nothing that must be mended, 1 something must, 2 it could not be checked.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import sys
import traceback
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from labservers.checks import network, report_html, report_junit, report_text, talk_json
from labservers.checks.at_once import AtOnce
from labservers.checks.cancel import EXIT_INTERRUPTED, GRACE_S, Cancel
from labservers.checks.plan import PROBES, Cancelled, Options, Progress, run
from labservers.checks.submissions import servers_in
from labservers.checks.texts import LANGUAGES, Language, text
from labservers.checks.values import Address, Talk, Task, Verdict
from labservers.checks.verdicts import broken, in_language
from labservers.command_line import (
    EXIT_USAGE,
    Parser,
    accept_any_text,
    inherited_socket,
    whole_number,
)
from labservers.observe.schema import read_json
from labservers.observe.text import printable
from labservers.run import terminal

EXIT_MEND = 1
AT_ONCE_S = 1.5  # for several to end that are checked at once, each by a process of its own
MOST_JOBS = 64
MOST_PACE_S = 60
PORT = re.compile(r"[0-9]{1,5}")  # int() refuses thousands of digits in words of its own
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}")
Json = dict[str, Any]
Files = Sequence[tuple[str, Path]]


def main(words: list[str]) -> int:
    """Check what the command line names; returns the exit code."""
    parser = _parser()
    asked = parser.parse_args(words)
    accept_any_text()
    if bool(asked.subjects) == bool(asked.address):
        parser.error("a FILE, a FOLDER or --address HOST:PORT is needed, one of them")
    asked_files = [path for path in (asked.talk, asked.client) if path is not None]
    for path in (*asked.subjects, *asked_files):
        if not path.exists():
            parser.error(f"{printable(str(path))} is not there")
    for path in (*(one for one in asked.subjects if not one.is_dir()), *asked_files):
        if not path.is_file():
            parser.error(f"{printable(str(path))} is not a file")
    files, left_out = servers_in(asked.subjects)
    if not files and not asked.address:
        parser.error("no file there opens a server")
    if files and terminal.MISSING:
        parser.error(f"a program is checked on a terminal, but {terminal.MISSING}")
    if asked.jobs > 1 and not network.possible():
        parser.error("this system gives a program no network of its own; leave out --jobs")
    if asked.alone:
        network.enter()
    if left_out:
        _remark(text(asked.lang, "left.out", {"n": left_out}))
    said: list[Json] = []
    grace_s = GRACE_S if asked.jobs == 1 else AT_ONCE_S
    cancel = Cancel(asked.channel, lambda: _interrupted(said, files, asked), grace_s)
    try:
        for report in _checked(files, asked, cancel.came):
            said.append(report)  # at once: a cancel may come
    except Cancelled:
        cancel.over()
        return _interrupted(said, files, asked)
    cancel.over()
    return _reported(said, asked)


def _interrupted(said: Sequence[Json], files: Files, asked: Namespace) -> int:
    """What was checked before a cancel is reported."""
    if not said:
        return EXIT_INTERRUPTED
    if left := len(files) - len(said):
        _remark(text(asked.lang, "not.checked", {"n": left}))
    code = _reported(said, asked)
    sys.stdout.flush()
    return code


def _checked(files: Files, asked: Namespace, cancelled: Callable[[], bool]) -> Iterator[Json]:
    """A report for each program."""
    if asked.address:
        yield _one(_options(asked), str(asked.address), asked, cancelled)
        return
    several = asked.jobs > 1 and len(files) > 1
    reports = _at_once if several else _one_by_one
    for done, report in enumerate(reports(files, asked, cancelled), 1):
        yield report
        if len(files) > 1:
            _remark(f"{done}/{len(files)} {report['program']}")


def _one_by_one(files: Files, asked: Namespace, cancelled: Callable[[], bool]) -> Iterator[Json]:
    """Many listen on the same port."""
    for name, file in files:
        yield _one(replace(_options(asked), file=file), name, asked, cancelled)


def _at_once(files: Files, asked: Namespace, cancelled: Callable[[], bool]) -> Iterator[Json]:
    words = [f"--lang={asked.lang}", f"--python={asked.python}", f"--args={shlex.join(asked.args)}"]
    words.append(f"--only={','.join(asked.only)}")
    for name in ("task", "talk", "client"):
        if (value := getattr(asked, name)) is not None:
            words.append(f"--{name}={value}")
    return AtOnce(words, asked.lang, cancelled).reports(files, asked.jobs)


def _one(options: Options, name: str, asked: Namespace, cancelled: Callable[[], bool]) -> Json:
    progress = _print_progress if asked.progress_json else _show_progress
    verdict = replace(_run(options, progress, cancelled), program=name)
    _show_progress(None)
    said = {language: in_language(verdict, language) for language in LANGUAGES}
    if asked.both:
        asked.both.write_text(json.dumps(said), "ascii")
    if asked.progress_json:
        _print({"verdict": said[asked.lang]})
    return said[asked.lang]


def _run(
    options: Options, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
) -> Verdict:
    """A fault of the checker on one program does not stop the check of the others.

    Raises:
        Cancelled: also where it came to its end meanwhile, as its program, or its folder, may have
            been taken away before that.
    """
    try:
        verdict = run(options, progress, cancelled)
    except Cancelled:
        raise
    except Exception as error:
        verdict = broken(options.language, repr(error))
        if not cancelled():
            traceback.print_exc()
    if cancelled():
        raise Cancelled
    return verdict


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
    add("--ask", action="store_true", help="type yourself what that client asks for")
    add(
        "--python",
        default=sys.executable,
        type=interpreter,
        metavar="PATH",
        help="the interpreter that runs it",
    )
    add(
        "--args", default=(), type=shell_words, metavar="WORDS", help="its arguments, as in a shell"
    )
    add("--jobs", type=jobs, default=1, metavar="N", help="so many programs at once (1)")
    add("--json", action="store_true", help="print the report as JSON")
    add("--junit", type=Path, metavar="FILE", help="write it as JUnit XML")
    add("--html", type=Path, metavar="FILE", help="write it as one HTML file")
    add("--lang", choices=LANGUAGES, default=terminal_language(), help="of the report")
    add("--progress-json", action="store_true", help="print progress and verdict, a line each")
    add("--alone", action="store_true", help=argparse.SUPPRESS)  # in a network of its own
    add("--held", type=held, help=argparse.SUPPRESS)  # a file with a report's conversation
    add("--both", type=Path, help=argparse.SUPPRESS)  # a file for the report in both languages
    add("--channel", type=inherited_socket, help=argparse.SUPPRESS)  # its end is a cancel
    add("--only", default=(), type=ids, metavar="PROBE,...", help="these probes alone")
    add("--again", type=ids, metavar="PROBE", help="only show this probe again, slowly")
    add("--pace", type=pace, default=0.6, metavar="SECONDS", help="the rest at each of its steps")
    return parser


def _options(asked: Namespace) -> Options:
    again = {"pace_s": asked.pace, "once": True} if asked.again else {}
    return Options(
        address=asked.address and replace(asked.address, datagram=asked.udp),
        task=asked.task,
        talk=asked.talk,
        client=asked.client,
        python=asked.python,
        arguments=tuple(asked.args),
        language=asked.lang,
        held=asked.held,
        typed=_typed if asked.ask else None,
        only=asked.again or asked.only,
        **again,
    )


def address(words: str) -> Address:
    """HOST:PORT; the host of IPv6 in brackets (RFC 3986, 3.2.2)."""
    host, colon, port = words.rpartition(":")
    if not (colon and PORT.fullmatch(port) and 0 < int(port) < 65_536):
        raise ArgumentTypeError(f"{words!r} is not an address, as 127.0.0.1:8080")
    return Address(host.strip("[]") or "127.0.0.1", int(port))


def ids(words: str) -> tuple[str, ...]:
    """Of probes, a comma between two."""
    asked = tuple(filter(None, words.split(",")))
    known = {probe.id for probe in PROBES}
    if unknown := next((one for one in asked if one not in known), None):
        raise ArgumentTypeError(f"there is no probe {unknown!r}; a report names them")
    return asked


def jobs(words: str) -> int:
    return whole_number(words, 1, MOST_JOBS)


def pace(words: str) -> float:
    if not (SECONDS.fullmatch(words) and float(words) <= MOST_PACE_S):
        raise ArgumentTypeError(f"{words!r} is not a number of seconds from 0 to {MOST_PACE_S}")
    return float(words)


def held(path: str) -> Talk:
    try:
        return talk_json.from_json(read_json(Path(path).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArgumentTypeError(f"{path}: not the conversation of a report: {error}") from None


def interpreter(words: str) -> str:
    """Found as by a shell; its absolute path, since a program runs in a folder of its own."""
    if words == sys.executable:
        return words
    if (found := shutil.which(os.path.expanduser(words))) is None:
        raise ArgumentTypeError(f"{words!r} cannot be run; give the path of a Python")
    return os.path.abspath(found)


def shell_words(words: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(words))
    except ValueError as error:
        raise ArgumentTypeError(f"{words!r}: {error}") from None


def terminal_language() -> Language:
    """By the variables of locale(7) in their order."""
    chosen = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ru" if next(filter(None, chosen), "").lower().startswith("ru") else "en"


def _typed(prompt: str) -> str | None:
    """From the terminal; None at its end."""
    try:
        return input(printable(prompt))
    except EOFError:
        return None


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
    """In ASCII: names of files, and words of exceptions, may have bytes that are no characters
    (PEP 383), which no encoding takes."""
    print(json.dumps(value), flush=True)
