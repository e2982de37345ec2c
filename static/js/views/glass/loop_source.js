/* The coroutines' source: each yield carries the count of the tasks that stand on it. */
import { html, icon, useEffect, useMemo, useState } from "../../kit.js";
import { dur, nf, percent, t } from "../../i18n.js";
import { SIGN, TONE } from "../../model/loop.js";
import { around, coloured, outline } from "../../model/source.js";

const known = new Map();

/** {file, lines}: the outline of the source of a program's tasks. `asks`: the lines where they stand. */
export function useSource(actions, server, asks) {
  const [, redraw] = useState(0);
  const { file, numbers } = server.own ? most(asks) : { file: "", numbers: [] };
  const address = server.own ? `/api/programs/${server.name}/source?file=${encodeURIComponent(file)}` : `/api/servers/${server.name}/source`;
  const key = `${address}/${server.own ? server.generation : ""}`;
  const wanted = !server.own || Boolean(file);
  useEffect(() => {
    if (!wanted || known.has(key)) return;
    actions.api("GET", address).then((found) => {
      known.set(key, found);
      redraw((n) => n + 1);
    }, actions.fail);
  }, [key]);
  const text = wanted ? known.get(key) : null;
  return useMemo(() => text && { file: text.file, lines: text.functions ? outline(text.functions) : around(text.lines, numbers) }, [text, numbers.join()]);
}

/* The file in which most lines are known: {file, numbers}. */
function most(asks) {
  const files = new Map();
  for (const place of Object.keys(asks)) {
    const at = place.lastIndexOf(":");
    const file = place.slice(0, at);
    files.set(file, [...(files.get(file) ?? []), Number(place.slice(at + 1))]);
  }
  const [file, numbers] = [...files].sort((a, b) => b[1].length - a[1].length)[0] ?? ["", []];
  return { file, numbers: numbers.sort((a, b) => a - b) };
}

/** `longest` is the longest of the timed steps of the last second. `asks`: "file:line" -> the lane
    that a task which stands there has asked for. */
export function RunBox({ loop, longest, asks, source }) {
  const [id, us, label, peer, line] = longest?.hog ?? [];
  const current = line && source && line.startsWith(`${source.file}:`) ? Number(line.split(":")[1]) : 0;
  return html`<section class="runbox" aria-labelledby="ln-run">
    <header><h2 id="ln-run">${icon("play")}${t("lp.ran.last")}</h2>
      <div class="what">${line
        ? html`<div>${id > 0 && html`<b>#${id}</b> `}${label}</div><div>${peer || "\u00a0"}</div>`
        : html`<div class="muted">${t("lp.empty.run")}</div>`}</div>
      <span class="us">${line ? dur(us / 1000) : ""}${line && longest.timed < 1
        ? html`<small>${t("lp.timed", { v: percent(longest.timed) })}</small>` : ""}</span></header>
    <div class="src" tabindex="0" role="region" aria-label=${source?.file ?? ""}>${source?.lines.map(
      (entry) => html`<${Line} key=${entry.n} entry=${entry} file=${source.file} loop=${loop} asks=${asks} current=${current}/>`,
    )}</div></section>`;
}

function Line({ entry, file, loop, asks, current }) {
  const place = `${file}:${entry.n}`;
  const [, count] = loop.lines?.[place] ?? [null, 0];
  const lane = asks[place];
  return html`<div class="l ${entry.n === current ? "run key" : ""} ${entry.key ? "key" : ""} ${entry.head ? "head" : ""}" title=${entry.whole}>
    <span class="ln">${entry.n}</span>
    <span class="tx">${coloured(entry.text).map(([cls, text]) => (cls ? html`<span class=${cls}>${text}</span>` : text))}</span>
    ${entry.waits && html`<span class="susp ${lane ? `k-${TONE[lane]}` : ""} ${count ? "" : "none"}" data-yield=${lane} data-count=${count}
      title=${t("lp.susp", { n: count })}>${lane && icon(SIGN[lane])}${nf(count)}</span>`}</div>`;
}
