"""Reports, as in report_json.py, as one HTML file: it needs nothing else, and prints well."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from labservers.checks.report_svg import svg
from labservers.checks.report_text import (
    by_reason,
    cells,
    frequent,
    headline,
    task_words,
    unconfirmed,
    untried,
)
from labservers.checks.spelling import hex_rows, spelled
from labservers.checks.texts import Language, decimal, text
from labservers.observe.text import printable

Json = dict[str, Any]
STYLE = Path(__file__).resolve().with_name("report.css")
SHOWN = 400  # bytes of what was sent, expected, got
AROUND = 32  # bytes before one that is to blame


def page(many: Sequence[Json]) -> str:
    """The whole file: of several programs the table comes first, each row a link to its report."""
    language = many[0]["language"]
    if len(many) == 1:
        title = text(language, "title", {"program": many[0]["program"]})
        body = _report(many[0], 0)
    else:
        title = text(language, "title.many", {"n": len(many)})
        reports = "".join(_report(said, index) for index, said in enumerate(many))
        body = f"<h1>{_escaped(title)}</h1>{_table(many)}{_frequent(many)}{reports}"
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_escaped(title)}</title><style>{STYLE.read_text('utf-8')}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _table(many: Sequence[Json]) -> str:
    language = many[0]["language"]
    columns = ("program", "task", "verdict", "must", "should", "hint", "first")
    head = "".join(f"<th>{_escaped(text(language, f'column.{name}'))}</th>" for name in columns)
    rows = "".join(_row(said, index) for index, said in enumerate(many))
    return (
        f'<div class="tw"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _frequent(many: Sequence[Json]) -> str:
    head = _escaped(text(many[0]["language"], "frequent"))
    rows = "".join(f"<tr><td>{n}</td><td>{_prose(title)}</td></tr>" for n, title in frequent(many))
    return f'<h2>{head}</h2><div class="tw"><table>{rows}</table></div>' if rows else ""


def _row(said: Json, index: int) -> str:
    first, *others = cells(said)
    link = f'<td><a href="#p{index}">{_escaped(first)}</a></td>'
    verdict = said["verdict"].replace(" ", "-")
    return f'<tr class="{verdict}">{link}{"".join(f"<td>{_escaped(c)}</td>" for c in others)}</tr>'


def _report(said: Json, index: int) -> str:
    language = said["language"]
    verdict = said["verdict"].replace(" ", "-")
    task = f'<p class="task">{_escaped(task_words(said))}</p>' if said["talk"] else ""
    findings = "".join(_finding(finding, language) for finding in said["findings"])
    took = _escaped(text(language, "took", {"s": f"{said['took_s']:.0f}"}))
    return (
        f'<article class="program" id="p{index}"><header class="{verdict}">'
        f"<h1>{_escaped(said['program'])}</h1>{task}"
        f'<p class="verdict">{_escaped(headline(said))}</p></header>'
        f'{findings}{"".join(_rest(said))}<p class="small">{took}</p></article>'
    )


def _finding(finding: Json, language: Language) -> str:
    level = text(language, f"level.{finding['level']}")
    parts = [
        f'<section class="finding {finding["level"]}"><p class="level">{_escaped(level)}</p>',
        f"<h2>{_prose(finding['title'])}</h2>",
        _line(finding),
        f"<p>{_prose(finding['evidence'])}</p>",
        '<div class="proof">',
        svg(finding["picture"]) if finding["picture"] else "",
        _proof(finding["proof"], language),
        "</div>",
        _said(language, "why", finding["why"]),
        _said(language, "next", finding["next_step"]),
        _lesson(finding["lesson"], language),
        f'<p class="small">{_escaped(text(language, "by"))}: {", ".join(finding["probes"])}</p>',
    ]
    return "".join(parts) + "</section>"


def _line(finding: Json) -> str:
    if not finding["line"]:
        return ""
    source = _escaped(finding["source"] or "")
    return f'<pre class="line"><b>{_escaped(finding["line"])}</b>  {source}</pre>'


def _said(language: Language, key: str, words: str) -> str:
    return f"<p><b>{_escaped(text(language, key))}.</b> {_prose(words)}</p>" if words else ""


def _lesson(words: str, language: Language) -> str:
    if not words:
        return ""
    head = _escaped(text(language, "lesson"))
    paragraphs = "".join(f"<p>{_prose(part)}</p>" for part in words.split("\n\n"))
    return f"<details><summary>{head}</summary>{paragraphs}</details>"


def _proof(proof: Json, language: Language) -> str:
    """The bytes to blame in hex; what was sent, expected and got, where no exception says more;
    and where threads stood."""
    for death in proof["deaths"]:
        if death["received"] and death["bad"] is not None:
            return _hex(base64.b64decode(death["received"]), death["bad"], language)
    rows = "".join(_exchange(proof, language))
    stands = "".join(f"<li>{_escaped(_stand(stand, language))}</li>" for stand in proof["stands"])
    return (f"<dl>{rows}</dl>" if rows else "") + (f"<ul>{stands}</ul>" if stands else "")


def _exchange(proof: Json, language: Language) -> Iterator[str]:
    if proof["deaths"] or not (proof["sent"] or proof["got"]):
        return
    sent, got = (spelled(base64.b64decode(proof[name]), SHOWN) for name in ("sent", "got"))
    for name, said in (("sent", sent), ("expected", proof["expected_words"]), ("got", got)):
        words = _escaped(said) or f"<i>{_escaped(text(language, 'nothing'))}</i>"
        yield f"<dt>{_escaped(text(language, name))}</dt><dd><code>{words}</code></dd>"


def _stand(stand: Json, language: Language) -> str:
    call, line = f"{stand['call']}()" if stand["call"] else "…", stand["line"] or "…"
    values = {"thread": stand["thread"], "call": call, "line": line}
    return text(language, "standing", {**values, "s": decimal(stand["waited_s"] or 0, language)})


def _hex(data: bytes, bad: int, language: Language) -> str:
    begin = max(0, bad - AROUND) // 16 * 16
    rows = "\n".join(
        f"{begin + at:04x}  {_digits(row, bad - begin - at)}  {escape(marks)}"
        for at, row, marks in hex_rows(data[begin : begin + 4 * AROUND])
    )
    head = f'<p class="small">{_escaped(text(language, "bytes"))}</p>'
    return f'<div>{head}<pre class="hex">{rows}</pre></div>'


def _digits(row: bytes, bad: int) -> str:
    digits = [f"{byte:02x}" for byte in row]
    if 0 <= bad < len(row):
        digits[bad] = f"<mark>{digits[bad]}</mark>"
    return " ".join(digits) + "   " * (16 - len(row))


def _rest(said: Json) -> Iterator[str]:
    language = said["language"]
    passed = [probe for probe in said["probes"] if probe["outcome"] == "pass"]
    groups = (("passed", passed), ("unconfirmed", unconfirmed(said)), ("untried", untried(said)))
    for key, probes in groups:
        if probes:
            head = f"{_escaped(text(language, key))} ({len(probes)})"
            lists = "".join(_alike(why, alike) for why, alike in by_reason(probes))
            yield f"<details><summary>{head}</summary>{lists}</details>"


def _alike(why: str, probes: Sequence[Json]) -> str:
    items = "".join(f"<li>{_escaped(probe['title'])} ({probe['id']})</li>" for probe in probes)
    reason = f'<p class="small">{_escaped(why)}</p>' if why else ""
    return f"{reason}<ul>{items}</ul>"


def _prose(words: str) -> str:
    """What stands between backquotes is code."""
    parts = map(_escaped, words.split("`"))
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def _escaped(words: str) -> str:
    """Foreign text as text: neither markup nor marks that turn letters around."""
    return escape(printable(words, kept="\n"))
