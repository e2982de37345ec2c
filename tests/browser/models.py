"""Functions of static/js/model, called where they run: in the browser."""

import json
from typing import Any

from playwright.sync_api import Page


def call(model: Page, module: str, name: str, *arguments: Any) -> Any:
    """The result of a function of static/js/model; bytes travel as {"bytes": [...]}, both ways."""
    script = """async ([module, name, text]) => {
      const revive = (_, value) => (value?.bytes && Object.keys(value).length === 1 ? Uint8Array.from(value.bytes) : value);
      const found = await import(`/static/js/model/${module}.js`);
      const value = found[name](...JSON.parse(text, revive));
      const plain = (_, one) => (one instanceof Map ? [...one] : one instanceof Uint8Array ? { bytes: [...one] } : one);
      return JSON.stringify(value ?? null, plain);
    }"""
    return json.loads(model.evaluate(script, [module, name, json.dumps(arguments)]))
