/* Small pieces that every view is made of. */
import { html, useEffect, useRef, useState } from "./html.js";
import { ICONS, MODELS, STATES } from "./icons.js";
import { has, t } from "./i18n.js";
import { steady } from "./time.js";

export * from "./html.js";

const COPIED_MS = 1400;

export const icon = (name, cls = "") =>
  html`<svg class="i ${cls}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${ICONS[name]()}</svg>`;

/** A program's title: in the language of the page where it has words for it. */
export const titleOf = ({ name, title }) => (has(`s.${name}`) ? t(`s.${name}`) : title);

/** The shape of a server's state; `state` as selectors.shown() gives it. */
export const glyph = (state) =>
  html`<svg class="g g-${state}" viewBox="0 0 12 12" aria-hidden="true">${STATES[state]()}</svg>`;

export const model = (name) =>
  html`<svg class="mg" viewBox="0 0 28 16" aria-hidden="true">${(MODELS[name] ?? MODELS.blocking)()}</svg>`;

export const pill = (state) =>
  html`<span class="pill p-${state}" data-state=${state}>${glyph(state)}<span>${t(`st.${state}`)}</span></span>`;

/**
 * A button. `kind`: pri, gh, dg, sm, in any combination. `busy`: its action is under way.
 * `off`: why it cannot be used now; it stays focusable and says the reason as its tooltip, and when it is pressed.
 */
export function Button({ label, icon: name, kind = "", busy, off, kbd, title, onClick, ...rest }) {
  const still = Boolean(busy || off);
  return html`<button type="button" class="btn ${kind}" aria-disabled=${still ? "true" : undefined}
    aria-busy=${busy ? "true" : undefined} title=${off || title || undefined}
    onClick=${still ? block : onClick} ...${rest}>
    ${busy ? spinner() : name && icon(name)}<span>${label}</span>${kbd && html`<kbd>${kbd}</kbd>`}
  </button>`;
}

/** A button with an icon only; its label is its name and its tooltip. */
export function IconButton({ label, icon: name, kind = "", busy, off, onClick, ...rest }) {
  const still = Boolean(busy || off);
  return html`<button type="button" class="btn ib ${kind}" aria-label=${label} title=${off || label}
    aria-disabled=${still ? "true" : undefined} aria-busy=${busy ? "true" : undefined}
    onClick=${still ? block : onClick} ...${rest}>${busy ? spinner() : icon(name)}</button>`;
}

const block = (event) => event.preventDefault();
const spinner = () => html`<svg class="i g" viewBox="0 0 12 12" aria-hidden="true">${STATES.starting()}</svg>`;

/**
 * One choice of a few: a radio group with one tab stop, moved by the arrows. `items`: [value, label,
 * icon]; `keys`: those of the keyboard that choose the item before and the item after.
 */
export function Segmented({ label, items, value, onChange, kind = "", off, keys = [] }) {
  const here = items.findIndex(([item]) => item === value);
  const group = useRef(null);
  const choose = (next) => !off && next !== value && onChange(next);
  const onKeyDown = (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = (here + by + items.length) % items.length;
    group.current.children[next].focus();
    choose(items[next][0]);
  };
  return html`<div class="seg ${kind}" role="radiogroup" aria-label=${label} ref=${group}
    aria-disabled=${off ? "true" : undefined} title=${off || undefined} onKeyDown=${onKeyDown}>
    ${items.map(
      ([item, text, name], index) => html`<button type="button" role="radio" key=${item} data-v=${item}
        data-key=${{ [here - 1]: keys[0], [here + 1]: keys[1] }[index]}
        aria-checked=${item === value ? "true" : "false"} tabindex=${item === value ? 0 : -1}
        onClick=${() => choose(item)}>${name && icon(name)}${text && html`<span>${text}</span>`}</button>`,
    )}
  </div>`;
}

/** A switch; `off`: why it cannot be used now. */
export const Toggle = ({ label, on, off, onChange }) =>
  html`<button type="button" class="tgl" role="switch" aria-checked=${on ? "true" : "false"} title=${off || undefined}
    aria-disabled=${off ? "true" : undefined} onClick=${() => !off && onChange(!on)}>${label}</button>`;

/** A search field; `/` on the keyboard finds it. */
export const Search = ({ label, value, onInput }) =>
  html`<div class="srch">${icon("search")}<input class="inp" type="search" value=${value} placeholder=${label}
    aria-label=${label} onInput=${(event) => onInput(event.currentTarget.value)}/></div>`;

/** Copies `text`; shows a tick for a moment and says so. */
export function CopyButton({ text, kind = "gh" }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const onClick = async () => {
    await copy(text);
    announce(t("copied"));
    setDone(true);
  };
  return html`<${IconButton} label=${t("copy")} icon=${done ? "check" : "copy"} kind=${kind} onClick=${onClick}/>`;
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without a secure context (the page opened by the machine's address) there is no clipboard object.
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  return undefined;
}

/** A command for the reader's own terminal, with the note under it. Its lines break between words. */
export const CommandLine = ({ text, note }) =>
  html`<div class="cmd"><code>${text.split(/( +)/).map((word, index) => (index % 2 ? word : html`<span>${word}</span>`))}</code><${CopyButton} text=${text} kind=""/>${note && html`<p>${note}</p>`}</div>`;

/** Said by screen readers after what they are saying now. */
export function announce(text) {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
}

/** Seconds as time.js measures them, drawn again every `period_ms` while the page is visible. */
export function useNow(period_ms = 1000) {
  const [now, setNow] = useState(steady);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setNow(steady()), period_ms);
    return () => clearInterval(timer);
  }, [period_ms]);
  return now;
}

const drafts = new Map();

/** State that outlives its view: typed text is there when the reader comes back to the tab. */
export function useDraft(key, initial) {
  const [value, setValue] = useState(() => (drafts.has(key) ? drafts.get(key) : initial));
  const set = (next) => {
    drafts.set(key, next);
    setValue(next);
  };
  return [value, set];
}

const bars = (values, top, height, up) => {
  const most = Math.max(1, ...values);
  return values
    .map((value, index) => {
      const tall = Math.max(1, (value / most) * height).toFixed(1);
      return `M${index * 4} ${top}h3v${up ? -tall : tall}h-3z`;
    })
    .join("");
};

/** A minute of bytes: received above the axis, sent below it, each on its own scale. */
export const Spark = ({ received, sent }) =>
  html`<svg class="spark" viewBox="0 0 ${received.length * 4 - 1} 56" preserveAspectRatio="none" aria-hidden="true">
    <path class="bi" d=${bars(received, 27, 26, true)}/><path class="bo" d=${bars(sent, 29, 26, false)}/>
  </svg>`;

/** Bars of one quantity; `tone` is a hue of the tokens: in, out, ready, run, idle. */
export const Mini = ({ values, tone, height = 24 }) =>
  html`<svg class="mini fill-${tone}" viewBox="0 0 ${Math.max(1, values.length * 4 - 1)} ${height}"
    preserveAspectRatio="none" aria-hidden="true"><path d=${bars(values, height, height - 1, true)}/></svg>`;
