"""The HTML of the subjects server. Everything that comes from outside goes through escape()."""

from html import escape

from labservers.protocols.http11 import reason
from labservers.servers.gradebook import Grade

STYLE = """
:root{color-scheme:light dark;--ink:#12151c;--soft:#5d6675;--line:#e3e6eb;--bg:#f4f5f7;--card:#fff;
--in:#0e639f;--err:#b0252c}
@media(prefers-color-scheme:dark){:root{--ink:#edf0f5;--soft:#8d97a8;--line:#222834;--bg:#0b0d11;
--card:#12151b;--in:#76bcf5;--err:#ff918c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:42rem;margin:0 auto;padding:3rem 1.25rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem;text-wrap:balance}
p{margin:.25rem 0 1.5rem;color:var(--soft)}
section{background:var(--card);border:1px solid var(--line);border-radius:.625rem;
padding:1.25rem;margin:0 0 1.5rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-size:.8125rem;color:var(--soft);font-weight:500;text-align:left}
th,td{padding:.5rem .25rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}
td:nth-child(2){font-weight:650;color:var(--in);font-size:1.125rem}
time{color:var(--soft);font-size:.8125rem;white-space:nowrap}
form{display:grid;grid-template-columns:1fr 6rem auto;gap:.75rem;align-items:end}
label{display:grid;gap:.25rem;font-size:.8125rem;color:var(--soft)}
input,button{font:inherit;height:2.5rem;border-radius:.375rem;padding:0 .75rem;width:100%}
input{border:1px solid #7e8695;background:transparent;color:inherit}
button{border:0;background:var(--ink);color:var(--card);font-weight:600;padding:0 1.25rem}
code{font-family:ui-monospace,monospace;font-size:.9em}
.err{color:var(--err)}
a{color:var(--in)}
nav{display:flex;gap:1rem;margin:0 0 .75rem}
:focus-visible{outline:2px solid var(--in);outline-offset:2px}
@media(max-width:32rem){form{grid-template-columns:1fr}}
""".strip()


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{content}</main></body></html>\n"
    )


def student(number: str, grades: list[Grade], *, older: str, newest: bool) -> str:
    """A page of a student's grades and the form that adds one. `older`: the address of the next
    page, "" for none; `newest`: this is the first."""
    rows = "".join(
        f"<tr><td>{escape(g.subject)}</td><td>{g.grade}</td>"
        f'<td><time datetime="{escape(g.saved_at)}">{_when(g.saved_at)}</time></td></tr>'
        for g in grades
    )
    nothing = "No grades yet. Add the first one below." if newest else "No grades before this row."
    table = (
        "<table><thead><tr><th>Subject</th><th>Grade</th><th>Saved, UTC</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if rows
        else f"<p>{nothing}</p>"
    )
    return _page(
        f"Student {number}",
        f"<h1>Student {number}</h1><p>{_count(len(grades), older=older, newest=newest)}, kept in "
        "SQLite and served by one thread and an event loop.</p>"
        f"<section>{_links(number, older=older, newest=newest)}{table}</section>"
        f"<section>{_form(number)}</section>",
    )


# No maxlength: it counts units of UTF-16 and cuts what the server, which counts characters, takes.
def _form(number: str) -> str:
    return (
        f'<form method="post" action="/subjects/{number}">'
        '<label>Subject<input name="subject" required autocomplete="off"></label>'
        '<label>Grade<input name="grade" type="number" min="1" max="5" required></label>'
        "<button>Save</button></form>"
    )


def _links(number: str, *, older: str, newest: bool) -> str:
    back = "" if newest else f'<a href="/subjects/{number}">Newest grades</a> '
    further = f'<a rel="next" href="{older}">Older grades</a>' if older else ""
    return f"<nav>{back}{further}</nav>" if back or further else ""


def root() -> str:
    """A page that lists the addresses of this port."""
    return _page(
        "Subjects",
        "<h1>Subjects and grades</h1><p>Every student has a page; students are numbers.</p>"
        '<section><p>For example <a href="/subjects/1">/subjects/1</a>. In a shell:</p>'
        "<p><code>curl -H 'Accept: application/json' .../subjects/1</code><br>"
        "<code>curl -d subject=Maths -d grade=5 .../subjects/1</code></p></section>",
    )


def error(status: int, detail: str, problems: dict[str, str]) -> str:
    """A page of errors, field by field where the fields are to blame."""
    text = (
        "".join(
            f"<p class=err><b>{escape(name)}</b>: {escape(problem)}</p>"
            for name, problem in problems.items()
        )
        or f"<p>{escape(detail)}</p>"
    )
    title = f"{status} {reason(status)}"
    return _page(title, f"<h1>{escape(title)}</h1><section>{text}</section>")


def _when(saved_at: str) -> str:
    return escape(saved_at[:16].replace("T", " "))


def _count(number: int, *, older: str, newest: bool) -> str:
    if newest and older:
        return f"The newest {number:,} grades"
    kind = "grade" if newest else "older grade"
    return f"1 {kind}" if number == 1 else f"{number:,} {kind}s"
