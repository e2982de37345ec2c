"""The state of the page, its routes and its selectors, in the browser's own JavaScript; and the one
script of the page beside the modules that it is made of."""

import itertools
import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page

from dashboard.views.script import HEAD
from labservers.clients.hypotenuse import parse_legs
from tests.browser.models import call

TABS = [{"name": name, "topics": [], "linked": False} for name in ("console", "code", "wire")]
OWN = {"name": "echo-3fa2c1", "own": True, "task": None, "title": "echo.py", "state": "RUNNING"}
OWN |= {"tabs": TABS, "listening": ["127.0.0.1:9090"], "generation": 1, "figures": None}


def reduced(model: Page, *events: dict[str, Any]) -> dict[str, Any]:
    """The state of the page after these live events; {"type": ...} is an event of the page itself."""
    script = """async (text) => {
      const { initial, reduce } = await import("/static/js/model/reducer.js");
      const boot = JSON.parse(document.getElementById("boot").textContent);
      let state = initial(boot, { pathname: "/", search: "" }, {});
      for (const event of JSON.parse(text)) {
        state = reduce(state, event.type ? event : { type: "delta", events: [event], at: 7 });
      }
      return JSON.parse(JSON.stringify(state));
    }"""
    state: dict[str, Any] = model.evaluate(script, json.dumps(events))
    return state


def route(model: Page, address: str, *servers: dict[str, Any]) -> dict[str, Any]:
    script = """async ([address, servers]) => {
      const { parse, href } = await import("/static/js/model/routes.js");
      const byName = Object.fromEntries(servers.map((server) => [server.name, server]));
      const found = parse(new URL(address, location.origin), byName);
      const { view, name, tab, query } = found;
      return { ...found, again: name && href(byName[name], tab, query) };
    }"""
    found: dict[str, Any] = model.evaluate(script, [address, list(servers)])
    return found


def server(**more: Any) -> dict[str, Any]:
    return {"kind": "server", "server": {**OWN, **more}}


def points(*numbers: int, skipped: int = 0) -> dict[str, Any]:
    lines = [{"n": number, "call": "recv"} for number in numbers]
    return {"kind": "wire", "name": OWN["name"], "lines": lines, "skipped": skipped}


def test_programs_of_the_user_come_after_the_lab_and_by_title(model: Page) -> None:
    other = {**OWN, "name": "chat-000000", "title": "chat.py"}
    state = reduced(model, server(), {"kind": "server", "server": other})
    lab = ["hello", "hypotenuse", "page", "chat", "subjects"]
    assert state["order"] == [*lab, "chat-000000", "echo-3fa2c1"]
    assert reduced(model, server(), {"kind": "gone", "name": OWN["name"]})["order"] == lab


def test_a_page_whose_program_is_gone_is_missing(model: Page) -> None:
    here = {"type": "route", "route": {"view": "server", "name": OWN["name"], "tab": "code"}}
    state = reduced(model, server(), here, {"kind": "gone", "name": OWN["name"]})
    assert state["route"]["view"] == "missing"
    assert OWN["name"] not in state["servers"]


def test_points_come_once_in_order_and_losses_are_counted(model: Page) -> None:
    state = reduced(model, server(), points(1, 2, 3), points(2, 3, 4), points(9, skipped=4))
    wire = state["wire"][OWN["name"]]
    assert [(point["n"], point.get("gap")) for point in wire["points"]] == [
        *((number, None) for number in (1, 2, 3, 4)),
        (9, 4),
        (9, None),
    ]
    assert wire["skipped"] == 4


def test_no_more_than_five_thousand_points_are_kept(model: Page) -> None:
    wire = reduced(model, server(), points(*range(6000)))["wire"][OWN["name"]]
    assert len(wire["points"]) == 5000
    assert wire["points"][-1]["n"] == 5999


def test_a_life_that_ended_stays_in_the_picture_until_the_next_one(model: Page) -> None:
    code = {"kind": "code", "name": OWN["name"], "lines": {"echo.py:3": {"calls": 1}}}
    ended = reduced(model, server(), points(1), code, server(state="FAILED"))
    assert ended["wire"][OWN["name"]]["points"]
    assert ended["code"][OWN["name"]] == {"lines": {"echo.py:3": {"calls": 1}}, "at": 7}
    again = reduced(model, server(), points(1), code, server(generation=2), points(1))
    assert [point["n"] for point in again["wire"][OWN["name"]]["points"]] == [1]
    assert OWN["name"] not in again["code"]


@pytest.mark.parametrize(
    ("address", "view", "tab"),
    [
        ("/programs", "programs", None),
        ("/programs/echo-3fa2c1", "server", "console"),
        ("/programs/echo-3fa2c1/code?line=24&file=echo.py", "server", "code"),
        ("/programs/echo-3fa2c1/rooms", "missing", None),
        ("/programs/other", "missing", None),
        ("/servers/echo-3fa2c1/code", "missing", None),
        ("/programs/constructor", "missing", None),
        ("/programs/echo-3fa2c1/code/more", "missing", None),
    ],
)
def test_addresses_of_programs(model: Page, address: str, view: str, tab: str | None) -> None:
    found = route(model, address, OWN)
    assert (found["view"], found["tab"]) == (view, tab)
    if "?" in address:
        assert found["query"] == {"line": "24", "file": "echo.py"}
        assert found["again"] == address


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, "running"),
        ({"held": {"paused": True}}, "paused"),
        ({"held": {"paused": False}}, "running"),
        ({"waits_for_input": {"prompt": "Port: "}}, "input"),
        ({"state": "STARTING", "waits_for_input": {"prompt": ""}}, "input"),
        ({"listening": []}, "nosocket"),
        ({"listening": [], "figures": {"connections": 1}}, "running"),
        ({"state": "STOPPED", "finished": True}, "finished"),
        ({"state": "STOPPED"}, "stopped"),
        ({"state": "FAILED", "failure": None}, "failed"),
        ({"state": "FAILED", "failure": {"reason": "exited"}}, "crashed"),
    ],
)
def test_the_state_that_is_shown(model: Page, more: dict[str, Any], shown: str) -> None:
    script = """async (server) => (await import("/static/js/model/selectors.js")).shown(server)"""
    assert model.evaluate(script, {**OWN, **more}) == shown


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


def test_what_is_a_number_to_the_form_is_one_to_the_console_client(model: Page) -> None:
    """Of every character by itself and on either side of a digit, and of what more than a few make."""
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    typed = [
        *(form.format(one) for one in characters for form in ("{}", "{}7", "7{}") if one != ","),
        *map("".join, itertools.product(["", *"01.eExboO+-_ \ufeff"], repeat=4)),
        *(f"{d * size}{more}" for d in "09" for size in (400, 401) for more in ("", ".5", "e-400")),
        *(f".{'3' * size}e{sign}{'0' * size}" for size in (4, 5, 400, 401) for sign in ("", "+")),
        *("1e308", "1e309", "1.8e308", "5e-324", "Infinity", "-Infinity", "NaN", "1n", "1 000"),
    ]
    script = """async (text) => {
      const { number } = await import("/static/js/model/decode.js");
      return JSON.stringify(JSON.parse(text).map(number));
    }"""
    found = json.loads(model.evaluate(script, json.dumps(typed)))
    other = [(one, is_) for one, is_ in zip(typed, found, strict=True) if is_ != leg(one)]
    assert other == []
    assert [call(model, "decode", "number", one) for one in ("2,5", ",5", "2,", ",", "1,2,3")] == [
        2.5, 0.5, 2, None, None,
    ]  # fmt: skip


def leg(typed: str) -> float | None:
    legs = parse_legs(f"{typed},1")
    return legs and legs[0]
