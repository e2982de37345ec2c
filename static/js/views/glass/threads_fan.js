/* One message, sent to one client after another: the order, and the one that holds up the rest. */
import { html, icon } from "../../kit.js";
import { bytes, clock, dur, nf, t, thousandths } from "../../i18n.js";

const SHOWN = 12;
const SLOW_US = 10_000;
const ROW = 34;

/** `fan`: as model/threads.js finds it. `peers`: streams by their id. */
export function FanOut({ fan, peers }) {
  const { sends, now } = fan;
  const peer = (id) => peers.get(id)?.peer ?? `#${id}`;
  const rows = sends.slice(-SHOWN).map((send) => ({ key: send.n, peer: peer(send.stream), us: send.waited_us, error: send.error }));
  if (now) rows.push({ key: "now", peer: peer(now.socket), us: now.waited_s * 1e6, now: true });
  const slow = rows.filter((row) => row.now || row.us > SLOW_US).sort((a, b) => b.us - a.us)[0];
  const first = sends.length + (now ? 1 : 0) - rows.length + 1;
  return html`<section class="panel" aria-labelledby="fan-h"><div class="pn-h"><h2 id="fan-h">${t("thr.fan")}</h2>
      <span class="r">${clock(fan.at)}${thousandths(fan.at)}</span></div>
    <p class="fan-h"><b>${fan.thread}</b> ${t("thr.fan.s", { v: bytes(sends.at(-1)?.bytes ?? 0) })} <code>${fan.line}</code></p>
    <div class="fan"><svg viewBox="0 0 60 ${rows.length * ROW}" preserveAspectRatio="none" aria-hidden="true" style=${{ height: `${rows.length * ROW}px` }}>
        ${rows.map((row, index) => html`<path key=${row.key} class=${tone(row)} d=${`M0 ${(rows.length * ROW) / 2}C30 ${(rows.length * ROW) / 2} 24 ${index * ROW + ROW / 2} 60 ${index * ROW + ROW / 2}`}/>`)}</svg>
      <ol>${rows.map((row, index) => html`<li key=${row.key} class=${tone(row)}><b class="no">${nf(first + index)}</b><span><code>${row.peer}</code>
        <small>${row.error ?? (row.now ? t("thr.fan.now", { v: dur(row.us / 1000) }) : t("thr.fan.sent", { v: dur(row.us / 1000) }))}</small></span></li>`)}</ol></div>
    ${slow && html`<div class="notice warn">${icon("warn")}<span>${t("thr.fan.slow", { p: slow.peer, v: dur(slow.us / 1000) })}</span></div>`}</section>`;
}

const tone = (row) => (row.error ? "bad" : row.now || row.us > SLOW_US ? "slow" : "");
