/* The coroutines' source: each yield carries the count of the tasks that stand on it. */
import { html, icon, useEffect, useState } from "../../kit.js";
import { dur, nf, percent, t } from "../../i18n.js";
import { SIGN, TONE } from "../../model/loop.js";
import { coloured, outline } from "../../model/source.js";

const known = new Map();

/** The outline of a program's source, fetched once. */
export function useSource(actions, name) {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (known.has(name)) return;
    actions.api("GET", `/api/servers/${name}/source`).then(({ file, functions }) => {
      known.set(name, { file, lines: outline(functions) });
      redraw((n) => n + 1);
    }, actions.fail);
  }, [name]);
  return known.get(name) ?? null;
}

/** `longest` is the longest of the timed steps of the last second. `asks`: "file:line" -> the lane
    that a task which stands there has asked for. */
export function RunBox({ loop, longest, asks, source }) {
  const [id, us, label, peer, line] = longest?.hog ?? [];
  const current = line && source && line.startsWith(`${source.file}:`) ? Number(line.split(":")[1]) : 0;
  return html`<section class="runbox" aria-labelledby="ln-run">
    <header><h2 id="ln-run">${icon("play")}${t("lp.ran.last")}</h2>
      <div class="what">${id
        ? html`<div><b>#${id}</b> ${label}</div><div>${peer || "\u00a0"}</div>`
        : html`<div class="muted">${t("lp.empty.run")}</div>`}</div>
      <span class="us">${id ? dur(us / 1000) : ""}${id && longest.timed < 1
        ? html`<small>${t("lp.timed", { v: percent(longest.timed) })}</small>` : ""}</span></header>
    <div class="src" tabindex="0" role="region" aria-label=${source?.file ?? ""}>${source?.lines.map(
      (entry) => html`<${Line} key=${entry.n} entry=${entry} file=${source.file} loop=${loop} asks=${asks} current=${current}/>`,
    )}</div></section>`;
}

function Line({ entry, file, loop, asks, current }) {
  const place = `${file}:${entry.n}`;
  const [, count] = loop.lines?.[place] ?? [null, 0];
  const lane = asks[place];
  const yields = /\byield\b/.test(entry.text) && !/yield from/.test(entry.text);
  return html`<div class="l ${entry.n === current ? "run key" : ""} ${entry.key ? "key" : ""} ${entry.head ? "head" : ""}" title=${entry.whole}>
    <span class="ln">${entry.n}</span>
    <span class="tx">${coloured(entry.text).map(([cls, text]) => (cls ? html`<span class=${cls}>${text}</span>` : text))}</span>
    ${yields && html`<span class="susp ${lane ? `k-${TONE[lane]}` : ""} ${count ? "" : "none"}" data-yield=${lane} data-count=${count}
      title=${t("lp.susp", { n: count })}>${lane && icon(SIGN[lane])}${nf(count)}</span>`}</div>`;
}
