/* A task that was chosen: where it stands, its local variables, and the step that leads to it. */
import { Button, IconButton, html, icon, useEffect, useRef } from "../../kit.js";
import { bytes, dur, nf, t } from "../../i18n.js";
import { SIGN, TONE } from "../../model/loop.js";
import { LineLink } from "./line_link.js";

const STATES = { ready: "sk.ready", running: "sk.run", reading: "sk.read", writing: "sk.write", sleeping: "sk.timer", waiting: "loop.sk.else", accepting: "sk.read" };

/** `id`: the chosen task. `rows`: those of the table. `until`: pause at the moment that a task runs; null: it cannot. */
export function FrameCard({ id, rows, server, paused, off, until, close }) {
  const card = useRef(null);
  useEffect(() => card.current?.scrollIntoView({ block: "nearest" }), [id]); // the table that it was chosen in stands far below
  if (id === null) return null;
  const row = rows.find((one) => one.id === id);
  return html`<section class="panel fcard" ref=${card} aria-label=${t("loop.frame", { id: String(id) })}><header><h2>${icon(SIGN[row?.state] ?? "ear")}#${id} <code>${row?.label ?? ""}</code></h2>
      ${until && html`<${Button} kind="sm" icon="step" label=${t("loop.until.task")} title=${t("loop.until.task.d")} off=${off || (!paused && t("lp.step.off"))} onClick=${() => until(`task:${id}`)}/>`}
      <${IconButton} kind="gh sm" icon="x" label=${t("k.esc")} onClick=${close}/></header>
    ${row ? html`<${Facts} row=${row} server=${server}/><${Locals} row=${row} paused=${paused}/>` : html`<p class="muted">${t("loop.frame.gone")}</p>`}</section>`;
}

function Facts({ row, server }) {
  const tone = TONE[row.state] ?? "read";
  const fact = (key, value) => html`<div><dt>${t(key)}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts">${fact("lp.t.state", html`<span class="stk k-${tone}">${t(STATES[row.state] ?? "sk.read")}</span> ${dur(row.state_s * 1000)}`)}
    ${fact("lp.t.line", html`<${LineLink} server=${server} line=${row.line}/>`)}${row.peer && fact("lp.t.peer", html`<code>${row.peer}</code>`)}
    ${row.steps !== null && fact("lp.t.steps", nf(row.steps))}${row.steps !== null && fact("lp.t.busy", row.busy_us ? dur(row.busy_us / 1000) : "–")}
    ${fact("lp.t.bytes", html`<span class="c-in">${bytes(row.bytes_in)}</span> / <span class="c-out">${bytes(row.bytes_out)}</span>`)}</dl>`;
}

function Locals({ row, paused }) {
  const names = Object.entries(row.locals ?? {});
  if (!names.length) return html`<p class="muted">${t(paused ? "loop.frame.none" : "loop.frame.pause")}</p>`;
  return html`<div class="locals"><p class="what-k">${t("crash.locals")}</p><dl>${names.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></div>`;
}
