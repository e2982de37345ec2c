"""The page's one script beside the modules that it is made of."""

import re

from playwright.sync_api import Page

from dashboard.views.script import HEAD

COMPARE = """async ([text, entry]) => {
  const { made, modules } = (0, eval)(`"use strict"; (() => { ${text}
    return { made: __module, modules: __modules }; })()`);
  const names = Object.keys(modules).filter((name) => name !== entry);
  const kind = (value) => (typeof value === "function" ? value.toString().length : JSON.stringify(value));
  const shape = (module) => JSON.stringify(Object.keys(module).sort().map((key) => [key, kind(module[key])]));
  const alone = await Promise.all(names.map((name) => import(`/static/${name}`)));
  return [names.length, names.filter((name, at) => shape(made(name)) !== shape(alone[at]))];
}"""


def test_each_module_exports_what_it_does_alone(model: Page) -> None:
    address = model.locator("script[type=module]").get_attribute("src") or ""
    text = model.request.get(model.url.rstrip("/") + address).text()
    assert text.startswith(HEAD)
    definitions, entry = re.split(r'^__module\("(.*)"\);$', text, flags=re.M)[:2]
    count, other = model.evaluate(COMPARE, [definitions, entry])
    assert count > 100
    assert other == []
