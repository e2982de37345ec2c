/* Single keys, off while the reader types, or for good where they wish it. */
import { keep, kept } from "./io/prefs.js";
import { href, neighbour } from "./model/routes.js";
import { list } from "./model/selectors.js";

const MINUS = new Set(["-", "−", "–"]);

/** Whether single keys act in this browser: to people who speak to it they are a trap (WCAG 2.1.4). */
export const singleKeys = () => kept("keys") !== "0";
export const setSingleKeys = (on) => keep("keys", on ? null : "0");

/**
 * Listen for keys. A view gives one of its own controls a key with the attribute
 * `data-key="Space"`, `"."`, `"-"` or `"+"`; `/` goes to the first search field in <main>.
 */
export function startKeyboard({ state, actions }) {
  const keys = {
    "?": () => actions.dialog("keys"),
    0: () => actions.navigate("/"),
    t: () => actions.setTheme(state().prefs.theme === "dark" ? "light" : "dark"),
    l: () => actions.setLang(state().lang === "en" ? "ru" : "en"),
    p: () => actions.setPresent(!state().prefs.present),
    "[": () => beside(-1),
    "]": () => beside(1),
    "/": () => document.querySelector('main input[type="search"]')?.focus(),
    " ": () => press("Space"),
    ".": () => press("."),
    "-": () => press("-"),
    "+": () => press("+"),
    "=": () => press("+"),
  };
  const beside = (by) => {
    const path = neighbour(state().route, state().servers, by);
    if (path) actions.navigate(path);
  };
  /* 1 is the first program, 9 the ninth. */
  const digit = (key) => {
    const server = /^[1-9]$/.test(key) && list(state())[key - 1];
    return server && (() => actions.navigate(href(server)));
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || taken(event) || !singleKeys()) return;
    const act = keys[MINUS.has(event.key) ? "-" : event.key] ?? digit(event.key);
    if (!act) return;
    if (event.key === " " && !document.querySelector('main [data-key="Space"]')) return;
    event.preventDefault();
    act();
  });
}

/* The view's own control, else that of the program's head: the page's order. */
const press = (key) => [...document.querySelectorAll(`main [data-key="${key}"]`)].at(-1)?.click();

/* Keys that belong to what has the focus: to a field, to an open dialog, Space to a button or link. */
function taken(event) {
  const { target } = event;
  if (document.querySelector("dialog[open]")) return true;
  if (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) return true;
  return event.key === " " && Boolean(target.closest?.("button, a, summary, [role=radio]"));
}
