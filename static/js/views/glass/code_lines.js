/* The lines of a source: number, time blocked, text, what stands there, calls and bytes. */
import { IconButton, html, icon, useEffect, useRef, useState } from "../../kit.js";
import { bytes, dur, nf, stood, t } from "../../i18n.js";
import { toneOf } from "../../model/code.js";
import { href } from "../../model/routes.js";

/** `pieces`: each line in syntax colours. `toggle(line)`, `runTo(line)`: a breakpoint there, or a way to there. */
export function Lines({ rows, pieces, server, wanted, off, paused, toggle, runTo }) {
  const box = useRef(null);
  const [stop, setStop] = useState(1); // the number that the Tab key comes to
  const shown = rows.length > 0;
  const next = rows.find(({ held }) => held === "next")?.n;
  const first = wanted ?? rows.find(({ count, standing }) => count || standing)?.n; // the first line with anything to see
  useEffect(() => show(box.current, wanted), [wanted, shown]);
  useEffect(() => show(box.current, first), [shown && first !== undefined]);
  useEffect(() => show(box.current, next), [next]);
  const move = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const n = Math.min(rows.length, Math.max(1, stop + by));
    setStop(n);
    box.current.querySelector(`[data-line="${n}"] .n`)?.focus();
  };
  return html`<div class="code-lines" ref=${box} tabindex="0" role="group" aria-labelledby="code-h"><ol onKeyDown=${move}>${rows.map(
    (row) => html`<${Line} key=${row.n} row=${row} pieces=${pieces[row.n - 1]} server=${server} here=${row.n === wanted} reached=${row.n === stop} off=${off} paused=${paused}
      toggle=${toggle} runTo=${runTo} reach=${() => setStop(row.n)}/>`,
  )}</ol></div>`;
}

/* Bring a line into sight without moving the page. */
function show(box, n) {
  const line = n && box?.querySelector(`[data-line="${n}"]`);
  if (!line) return;
  const { offsetTop: top, offsetHeight: height } = line;
  const seen = top >= box.scrollTop && top + height <= box.scrollTop + box.clientHeight;
  if (!seen) box.scrollTop = top - (box.clientHeight - height) / 2;
}

function Line({ row, pieces, server, here, reached, off, paused, toggle, runTo, reach }) {
  const { n, key, count, share, standing, held, stop } = row;
  const alone = standing && standing.count + standing.tasks === 1;
  const cls = [alone && `stand k-${toneOf(standing)}`, held && `held-${held}`, here && "here", stop && "stop"].filter(Boolean).join(" ");
  const flip = () => {
    reach();
    if (!off) toggle(key);
  };
  return html`<li class=${cls} data-line=${n}>
    <button type="button" class="n" tabindex=${reached ? 0 : -1} aria-pressed=${String(stop)} aria-label=${t("code.stop", { n: String(n) })}
      aria-disabled=${off ? "true" : undefined} title=${off || t("code.stop.d")} onClick=${flip}>${n}</button>
    <span class="blk-t" title=${count ? t("code.waited", { v: dur(count.waited_us / 1000) }) : undefined}>${share > 0 && html`<i style=${{ width: `${Math.max(4, share * 100)}%` }}></i>`}</span>
    <code class="tx">${pieces.map(([token, part]) => (token ? html`<span class=${token}>${part}</span>` : part))}</code>
    <span class="marks">${paused && (count || standing) && !off && html`<${IconButton} kind="gh sm to" icon="step" label=${t("code.runto", { n: String(n) })} onClick=${() => runTo(key)}/>`}
      ${standing && html`<${Standing} server=${server} standing=${standing}/>`}
      ${count && html`<${Counts} server=${server} line=${key} count=${count}/>`}</span></li>`;
}

/* The threads and tasks on the line, for how long, with which clients. */
function Standing({ server, standing }) {
  const { line, count, tasks, threads, call, longest_s: longest, at_least: least, peers } = standing;
  const what = !count ? t("code.tasks", { n: tasks }) : count === 1 ? threads[0] : t("code.threads", { n: count });
  const about = [threads.join(", "), peers?.join(", ")].filter(Boolean).join(" · ");
  return html`<a class="standing k-${toneOf(standing)}" href=${href(server, "threads", { line })} title=${about}>${icon("clock")}
    <span>${what}</span>${call && html`<code>${call}</code>`}${typeof longest === "number" && html`<b>${stood(longest, least)}</b>`}</a>`;
}

/* Calls and bytes, exact even where calls themselves were left out. */
function Counts({ server, line, count }) {
  const said = t("code.count", { n: count.calls, f: count.function ?? "" });
  return html`<a class="counts" href=${href(server, "wire", { line })} title=${said} aria-label=${said}>
    ${count.bytes_in > 0 && html`<span class="c-in">${icon("din")}${bytes(count.bytes_in)}</span>`}
    ${count.bytes_out > 0 && html`<span class="c-out">${icon("dout")}${bytes(count.bytes_out)}</span>`}
    ${count.errors > 0 && html`<span class="c-err">${icon("warn")}${nf(count.errors)}</span>`}
    <b>×${nf(count.calls)}</b></a>`;
}
