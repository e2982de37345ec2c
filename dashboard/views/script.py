"""The modules of the page as one script, since a browser's work for a request is most of a load.

Each module becomes a function that the first import of it calls, so a view that nobody opens is
not even compiled. Its lines stay lines, and a source map (ECMA-426) leads from the script to the
files, where a debugger shows them. The forms of import and export are those that the modules use.
Another form, and modules that import each other, are refused.

    import { a as b } from "./x.js";        const { a: b } = __module("js/x.js");
    import("./x.js")                        Promise.resolve(__module("js/x.js"))
    export const c = 1;                     const c = 1;   with  return { c };  at the end
"""

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dashboard.views.source_map import mappings

NAMED = "js/all.js"
HEAD = """\
/* All modules of the page, each of them a function; see dashboard/views/script.py. */
const __made = {};
const __module = (name) => (__made[name] ??= __modules[name]());
const __modules = {
"""
TAIL = """\
}};
__module("{entry}");
//# sourceMappingURL={map}
"""
# At the beginning of a statement, in scripts that are one line as well. The word comes first, as a
# search for letters is many times faster than one for what stands before them.
IMPORT, EXPORT = (rf"{word}(?<![^\n;}}]{word})" for word in ("import", "export"))
COMMENT = re.compile(r"(^[ \t]*/\*.*?\*/)", re.M | re.S)  # as code that was taken out
FROM = r'\s*from\s*"(\.\.?/[^"]+)";?'
IMPORTED = re.compile(rf"{IMPORT}\s*(?:(\w+)|\{{([^}}]*)\}}){FROM}")
IMPORTED_LATER = re.compile(r'import\("(\.\.?/[^"]+)"\)')
PASSED_ON = re.compile(rf"{EXPORT} \*{FROM}")
LISTED = re.compile(rf"{EXPORT}\s*\{{([^}}]*)\}}(?!\s*from);?")
DECLARED = re.compile(rf"{EXPORT} ((?:async )?function|class|const) (?:(\w+)|\{{([^}}]*)\}})")
DEFAULT = re.compile(rf"{EXPORT} default(?= function\()")
UNKNOWN = re.compile(rf"{IMPORT}\b(?!\().*"), re.compile(rf"{EXPORT}\b.*")


class Module:
    """A file as the body of a function. exports: properties of the object that it returns.
    imports: the files that it needs before it runs; later: those that it may need one day.

    Raises:
        ValueError: it imports or exports in a way that is not known here.
    """

    def __init__(self, name: str, text: str) -> None:
        self.exports: list[str] = []
        self.imports: list[str] = []
        self.later: list[str] = []
        self._folder = posixpath.dirname(name)
        forms = ((IMPORTED, self._imported), (IMPORTED_LATER, self._imported_later),
                 (PASSED_ON, self._passed_on), (LISTED, self._listed),
                 (DECLARED, self._declared), (DEFAULT, self._default))  # fmt: skip
        parts = COMMENT.split(text)
        for at in range(0, len(parts), 2):  # between two comments
            for form, meaning in forms:
                parts[at] = form.sub(meaning, parts[at])
            for form in UNKNOWN:
                if unknown := form.search(parts[at]):
                    raise ValueError(f"{name}: not a known form: {unknown[0][:60]}")
        self.body = "".join(parts)

    def _imported(self, found: re.Match[str]) -> str:
        names = f"default: {found[1]}" if found[1] else ", ".join(_pairs(found[2]))
        return f"const {{ {names} }} = {self._used(found[3], self.imports)};" + _lines_of(found)

    def _imported_later(self, found: re.Match[str]) -> str:
        return f"Promise.resolve({self._used(found[1], self.later)})"

    def _passed_on(self, found: re.Match[str]) -> str:
        self.exports.append(f"...{self._used(found[1], self.imports)}")
        return _lines_of(found)

    def _listed(self, found: re.Match[str]) -> str:
        self.exports.extend(_pairs(found[1], turned=True))
        return _lines_of(found)

    def _declared(self, found: re.Match[str]) -> str:
        self.exports.extend([found[2]] if found[2] else _names(found[3]))
        return found[0].replace("export ", "", 1)

    def _default(self, found: re.Match[str]) -> str:
        self.exports.append("default: __default")
        return "const __default ="

    def _used(self, other: str, others: list[str]) -> str:
        others.append(posixpath.normpath(posixpath.join(self._folder, other)))
        return f'__module("{others[-1]}")'


class Script(NamedTuple):
    """The script and its source map, as texts."""

    text: str
    map: str


def make(read: Callable[[str], str], entry: str) -> Script:
    """The script of the module `entry` and all that it imports; read() gives a file's text.

    Raises:
        ValueError: a module is written in a way that is not known here. OSError: of read().
    """
    modules = _reachable(read, entry)
    _check_order(modules, entry)
    lines = HEAD.splitlines()
    mapped: list[tuple[int, int] | None] = [None for _ in lines]
    for number, (name, module) in enumerate(modules.items()):
        body = module.body.removesuffix("\n").split("\n")
        lines += [f'"{name}": () => {{', *body, f"return {{ {', '.join(module.exports)} }};", "},"]
        mapped += [None, *((number, line) for line in range(len(body))), None, None]
    tail = TAIL.format(entry=entry, map=posixpath.basename(NAMED) + ".map")
    here = posixpath.dirname(NAMED)
    sources = [posixpath.relpath(name, here) for name in modules]
    source_map = {"version": 3, "sources": sources, "names": [], "mappings": mappings(mapped)}
    return Script("\n".join(lines) + "\n" + tail, json.dumps(source_map, separators=(",", ":")))


def _reachable(read: Callable[[str], str], entry: str) -> dict[str, Module]:
    found: dict[str, Module] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = module = Module(name, read(name))
            waiting += [*module.imports, *module.later]
    return found


def _check_order(modules: dict[str, Module], entry: str) -> None:
    """Each module runs after all that it imports."""
    ready: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"{name} imports itself, by {above[-1]}")
        if name not in ready:
            for other in modules[name].imports:
                visit(other, (*above, name))
            ready.add(name)

    for name in modules:
        visit(name, ())


def _names(listed: str) -> Iterator[str]:
    return (name.strip() for name in listed.split(",") if name.strip())


def _pairs(listed: str, *, turned: bool = False) -> Iterator[str]:
    """`a as b` as a property `a: b`, or `b: a` of an object that is made."""
    for name in _names(listed):
        first, _, second = name.partition(" as ")
        key, value = (second, first) if turned else (first, second)
        yield f"{key}: {value}" if second else first


def _lines_of(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")
