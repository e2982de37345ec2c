"""The modules of the page as one script. That it means the same, the browser's tests see; one of
them, in tests/browser/test_page_model.py, compares it module by module."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.views import script
from dashboard.views.source_map import BASE64, mappings

STATIC = Path(__file__).resolve().parents[3] / "static"


def made(files: dict[str, str]) -> script.Script:
    return script.make(files.__getitem__, next(iter(files)))


def body(text: str) -> tuple[str, list[str]]:
    module = script.Module("js/views/x.js", text)
    return module.body, module.exports


@pytest.mark.parametrize(
    ("text", "becomes", "exports"),
    [
        ('import { a, b as c } from "../y.js";', 'const { a, b: c } = __module("js/y.js");', []),
        ('import z from "./z.js";', 'const { default: z } = __module("js/views/z.js");', []),
        ('import{options as n}from"./p.js";var t;',
         'const { options: n } = __module("js/views/p.js");var t;', []),
        ('import {\n  a,\n} from "./y.js";', 'const { a } = __module("js/views/y.js");\n\n', []),
        ('const f = () => import("./z.js").then(g);',
         'const f = () => Promise.resolve(__module("js/views/z.js")).then(g);', []),
        ('export * from "./y.js";', "", ['...__module("js/views/y.js")']),
        ("export {\n  a,\n  b as c,\n};", "\n\n\n", ["a", "c: b"]),
        ("var x=1;export{x as Y,z};", "var x=1;", ["Y: x", "z"]),
        ("export const a = 1;", "const a = 1;", ["a"]),
        ("export const { a, b } = c;", "const { a, b } = c;", ["a", "b"]),
        ("export async function f() {}", "async function f() {}", ["f"]),
        ("export class A extends B {}", "class A extends B {}", ["A"]),
        ("export default function(t){}", "const __default = function(t){}", ["default: __default"]),
        ("/*\nexport function f() {}\n*/\nlet a;", "/*\nexport function f() {}\n*/\nlet a;", []),
        ('say("export const a"); // import { a }', 'say("export const a"); // import { a }', []),
    ],
)  # fmt: skip
def test_a_module_becomes_the_body_of_a_function(
    text: str, becomes: str, exports: list[str]
) -> None:
    assert body(text) == (becomes, exports)


@pytest.mark.parametrize(
    "text",
    [
        'import "./effects.js";',
        'import * as all from "./y.js";',
        'import { a } from "a-package";',
        "export let a = 1;",
        "export default class A {}",
        "export default 5;",
        'export { a } from "./y.js";',
        "export function* steps() {}",
    ],
)
def test_another_form_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"js/views/x\.js: not a known form: (import|export)"):
        body(f"const before = 1;\n{text}\n")


def test_modules_that_import_each_other_are_refused() -> None:
    around = {"js/a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
              "js/b.js": 'import { a } from "./a.js";\nexport const b = 1;\n'}  # fmt: skip
    with pytest.raises(ValueError, match=r"js/a\.js imports itself, by js/b\.js"):
        made(around)
    later = {"js/a.js": 'const b = () => import("./b.js");\nexport const a = 1;\n',
             "js/b.js": 'import { a } from "./a.js";\nexport const b = a;\n'}  # fmt: skip
    assert '"js/b.js": () => {' in made(later).text


def test_every_module_of_the_page_is_in_it() -> None:
    there = script.make(lambda name: (STATIC / name).read_text("utf-8"), "js/main.js")
    named = set(re.findall(r'^"(\S+)": \(\) => \{$', there.text, re.M))
    files = {str(path.relative_to(STATIC).as_posix()) for path in STATIC.rglob("*.js")}
    assert named == files - {"js/theme-boot.js"}  # which runs before the first paint


def test_the_source_map_leads_each_line_to_its_file() -> None:
    files = {"js/main.js": 'import { a } from "./sub/a.js";\n\nsay(a);\n',
             "js/sub/a.js": "const b = 2;\nexport const a = b;\n"}  # fmt: skip
    text, source_map = made(files)
    known = json.loads(source_map)
    assert known["sources"] == ["main.js", "sub/a.js"]
    origins = decoded(known["mappings"])
    lines = text.splitlines()
    places = {line: origin for line, origin in zip(lines, origins, strict=False) if origin}
    assert places["say(a);"] == (0, 2)
    assert places["const b = 2;"] == (1, 0)
    assert places["const a = b;"] == (1, 1)
    assert text.endswith("//# sourceMappingURL=all.js.map\n")


ORIGINS = st.lists(st.none() | st.tuples(st.integers(0, 3_000), st.integers(0, 10**6)))


@given(ORIGINS)
def test_mappings_can_be_read_back(origins: list[tuple[int, int] | None]) -> None:
    assert decoded(mappings(origins)) == (origins or [None])


def decoded(text: str) -> list[tuple[int, int] | None]:
    """By the rules of ECMA-426, written once more."""
    origins: list[tuple[int, int] | None] = []
    source = line = 0
    for segment in text.split(";"):
        numbers, value, shift = [], 0, 0
        for character in segment:
            digit = BASE64.index(character)
            value += (digit & 31) << shift
            shift += 5
            if digit < 32:
                numbers.append(-(value >> 1) if value & 1 else value >> 1)
                value = shift = 0
        if numbers:
            source, line = source + numbers[1], line + numbers[2]
        origins.append((source, line) if numbers else None)
    return origins
