/* The faults of a loop: a sentence each, its line, and the change that helps. */
import { html, icon } from "../../kit.js";
import { dur, t } from "../../i18n.js";
import { ranked } from "../../model/loop_alarms.js";
import { LineLink } from "./line_link.js";

/** `known`: what model/loop_alarms.js knows. */
export function Warnings({ known, server }) {
  const troubles = ranked(known);
  if (!troubles.length) return null;
  return html`<ol class="warns" aria-label=${t("loop.warns")}>${troubles.map(({ kind, level, values }) => html`<li key=${kind} class="notice ${level === "hint" ? "" : level === "bad" ? "bad" : "warn"}" data-kind=${kind}>
    ${icon(level === "hint" ? "info" : "warn")}<span><b>${t(`loop.w.${wordsOf(kind, values)}`, said(values))}</b> ${t(`loop.w.${kind}.do`)} <${LineLink} server=${server} line=${values.line}/></span></li>`)}</ol>`;
}

/* A loop without tasks has none to blame. */
const wordsOf = (kind, { id }) => (kind === "step" && !id ? "step.callback" : kind);

const said = ({ us, s, id, ...values }) => ({ ...values, id: String(id), v: us === undefined ? dur((s ?? 0) * 1000) : dur(us / 1000) });
