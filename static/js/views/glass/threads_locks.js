/* Locks with their holders and those that wait; a deadlock as a sentence and as the ring that it is. */
import { html, icon } from "../../kit.js";
import { dur, nf, t } from "../../i18n.js";
import { LineLink } from "./line_link.js";

const SHOWN = 8;
const WAITERS = 6;

export function Locks({ locks, server }) {
  const busy = [...locks].sort((a, b) => b.waiters.length - a.waiters.length || (b.held_s ?? -1) - (a.held_s ?? -1));
  return html`<section class="panel" aria-labelledby="lk-h"><div class="pn-h"><h2 id="lk-h">${t("thr.locks")}</h2>
      <span class="r">${t("thr.locks.n", { n: locks.length })}</span></div>
    <ul class="locks">${busy.slice(0, SHOWN).map((lock) => html`<${Lock} key=${lock.id} lock=${lock} server=${server}/>`)}</ul>
    ${locks.length > SHOWN && html`<p class="under">${t("thr.locks.more", { n: locks.length - SHOWN })}</p>`}</section>`;
}

const place = (line, server) => html`<${LineLink} server=${server} line=${line}/>`;

function Lock({ lock, server }) {
  const { kind, line, holder, taken, held_s, waiters, held_total_s, waited_total_s } = lock;
  return html`<li><header><b>${icon("lock")}${kind}</b>${place(line, server)}</header><dl>
      <div><dt>${t("thr.holder")}</dt><dd>${holder
        ? html`<span class="holder">${icon("lock")}${holder}</span> ${dur((held_s ?? 0) * 1000)} ${place(taken, server)}`
        : html`<span class="muted">${t("thr.free")}</span>`}</dd></div>
      <div><dt>${t("thr.waiters")}</dt><dd>${waiters.length
        ? html`<ol class="waiters">${waiters.slice(0, WAITERS).map((name, index) => html`<li key=${name}>${index + 1} · ${name}</li>`)}${waiters.length > WAITERS && html`<li>+${nf(waiters.length - WAITERS)}</li>`}</ol>`
        : html`<span class="muted">${t("thr.nobody")}</span>`}</dd></div>
      <div><dt>${t("thr.sofar")}</dt><dd>${t("thr.sums", { h: dur(held_total_s * 1000), w: dur(waited_total_s * 1000) })}</dd></div></dl></li>`;
}

/** `stuck`: the ring of threads as model/threads.js finds it, or null. `text`: the program's own sentence. */
export function Deadlock({ stuck, text, server }) {
  if (!stuck && !text) return null;
  return html`<div class="notice bad dead" role="alert">${icon("warn")}<div><strong>${t("thr.dead")}</strong>
      ${stuck ? html`<ul>${stuck.map((one) => html`<li key=${one.thread}>${t("thr.dead.1", { t: one.thread, k: one.lock?.kind ?? "Lock", h: one.lock?.holder ?? "?" })}${" "}
          ${place(one.line, server)}</li>`)}</ul><p class="muted">${t("thr.dead.why")}</p>` : html`<p>${text}</p>`}</div>
    ${stuck && html`<${Ring} stuck=${stuck}/>`}</div>`;
}

const SIZE = 220;

/* Threads on a circle; each arrow leads from the one that waits to the one that holds. */
function Ring({ stuck }) {
  const shown = stuck.slice(0, 8);
  const at = (index) => {
    const turn = (index / shown.length) * 2 * Math.PI - Math.PI / 2;
    return [SIZE / 2 + Math.cos(turn) * 74, 84 + Math.sin(turn) * 58];
  };
  return html`<svg class="ring" viewBox="0 0 ${SIZE} 168" role="img" aria-label=${shown.map(({ thread }) => thread).join(" → ")}>
    <defs><marker id="ring-a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
    ${shown.map((one, index) => html`<${Arrow} key=${`a${one.thread}`} from=${at(index)} to=${at((index + 1) % shown.length)}/>`)}
    ${shown.map((one, index) => {
      const [x, y] = at(index);
      return html`<g key=${one.thread}><rect x=${x - 38} y=${y - 12} width="76" height="24" rx="6"/><text x=${x} y=${y + 4}>${clip(one.thread)}</text></g>`;
    })}</svg>`;
}

const clip = (name) => (name.length > 10 ? `${name.slice(0, 9)}…` : name);

/* A bent arrow: of two threads each waits for the other, and both arrows are to be seen. */
function Arrow({ from: [x1, y1], to: [x2, y2] }) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const long = Math.hypot(dx, dy) || 1;
  const [bx, by] = [(x1 + x2) / 2 + (dy / long) * 26, (y1 + y2) / 2 - (dx / long) * 26];
  const short = (x, y) => [x2 + ((x - x2) / Math.hypot(x - x2, y - y2)) * 30, y2 + ((y - y2) / Math.hypot(x - x2, y - y2)) * 20];
  const [ex, ey] = short(bx, by);
  return html`<path class="ar" d=${`M${x1} ${y1}Q${bx} ${by} ${ex} ${ey}`} marker-end="url(#ring-a)"/>`;
}
