/* The threads of a program: what each of them has done, stands in, and waits for. */
import { Segmented, html, useDraft, useEffect, useMemo, useRef, useState } from "../../kit.js";
import { dur, nf, stood, t } from "../../i18n.js";
import { running } from "../../model/selectors.js";
import { HISTORY_S, counts, cycle, doing, drawing, fanOut, lanes } from "../../model/threads.js";
import { Empty, NotRunning } from "../shell/not_running.js";
import { FanOut } from "./threads_fan.js";
import { Groups } from "./threads_groups.js";
import { Lanes } from "./threads_lanes.js";
import { Deadlock, Locks } from "./threads_locks.js";
import { TaskTable, ThreadTable } from "./threads_tables.js";

const NOTHING = [];
const SPANS = [30, 5, 1];
const SUMMARY_MS = 5000;

export function Threads({ state, actions, name }) {
  const server = state.servers[name];
  const table = state.threads[name] ?? null;
  const up = running(server);
  if (!table) {
    return html`<section class="panel"><div class="nothing">${up ? t("thr.wait")
      : html`<${Empty} state=${state} name=${name} sees=${t("see.threads")} actions=${actions}/>`}</div></section>`;
  }
  const points = state.wire[name]?.points ?? NOTHING;
  const streams = state.streams[name]?.streams ?? NOTHING;
  return html`<div class="stack"><${NotRunning} state=${state} name=${name} actions=${actions}/>
    <${Picture} server=${server} table=${table} points=${points} streams=${streams} at=${table.at}
      theme=${state.prefs.theme} lang=${state.lang}/></div>`;
}

function Picture({ server, table, points, streams, at, theme, lang }) {
  const [span, setSpan] = useDraft("threads.span", HISTORY_S);
  const how = drawing(table.threads.length);
  const drawn = useMemo(() => (how === "groups" ? null : lanes(points, table.threads, at, table.looks)), [table, how]);
  const fan = useMemo(() => fanOut(points, table.threads), [points, table]);
  const stuck = useMemo(() => cycle(table), [table]);
  const peers = useMemo(() => new Map(streams.map((stream) => [stream.id, stream])), [streams]);
  return html`<${Deadlock} stuck=${stuck} text=${table.deadlock} server=${server}/>
    <${Figures} table=${table}/>
    <div class="thr-g ${table.locks.length || fan ? "" : "wide"}">
      <section class="panel" aria-labelledby="thr-h"><div class="pn-h"><h2 id="thr-h">${t("tab.threads")}</h2>
        ${drawn && html`<span class="r"><span class="lbl">${t("thr.span")}</span><${Segmented} kind="sm" label=${t("thr.span")} value=${String(span)}
          items=${SPANS.map((seconds) => [String(seconds), dur(seconds * 1000)])} onChange=${(seconds) => setSpan(Number(seconds))}/></span>`}</div>
        ${drawn ? html`<${Lanes} lanes=${drawn} rows=${table.threads} locks=${table.locks} holds=${table.holds ?? NOTHING} at=${at} span=${span}
            thin=${how === "thin"} theme=${theme} lang=${lang}/>`
          : html`<${Groups} rows=${table.threads} total=${table.total} server=${server}/>`}
      </section>
      ${(table.locks.length > 0 || fan) && html`<div class="stack">
        ${table.locks.length > 0 && html`<${Locks} locks=${table.locks} server=${server}/>`}
        ${fan && html`<${FanOut} fan=${fan} peers=${peers}/>`}</div>`}</div>
    <${ThreadTable} table=${table} server=${server} peers=${peers}/>
    ${table.tasks.length > 0 && html`<${TaskTable} table=${table} server=${server} peers=${peers}/>`}
    <${Summary} table=${table}/>`;
}

function Figures({ table }) {
  const kinds = counts(table.threads);
  const daemons = table.threads.filter(({ daemon }) => daemon).length;
  const waiting = table.locks.reduce((sum, { waiters }) => sum + waiters.length, 0);
  const longest = table.threads.filter((row) => doing(row) === "out").sort((a, b) => b.waited_s - a.waited_s)[0];
  const stat = (label, value, more) => html`<div class="stat"><dt>${label}</dt><dd>${value}${more && html`<small> ${more}</small>`}</dd></div>`;
  return html`<dl class="stats">
    ${stat(t("thr.n"), nf(table.total), daemons > 0 && t("thr.daemons", { n: daemons }))}
    ${stat(t("thr.most"), kinds.length ? nf(kinds[0][1]) : "–", kinds.length > 0 && t(`thr.k.${kinds[0][0]}`))}
    ${stat(t("thr.waiting"), nf(waiting), table.locks.length > 0 && t("thr.locks.n", { n: table.locks.length }))}
    ${stat(t("thr.send"), longest ? stood(longest.waited_s, longest.at_least) : "–", longest?.name)}
    ${table.tasks_total > 0 && stat(t("thr.tasks"), nf(table.tasks_total))}</dl>`;
}

/* The picture in words, at most every five seconds: the lanes are not live. */
function Summary({ table }) {
  const [text, setText] = useState("");
  const newest = useRef(table);
  newest.current = table;
  useEffect(() => {
    const tell = () => setText(counts(newest.current.threads).map(([kind, n]) => `${t(`thr.k.${kind}`)}: ${nf(n)}`).join(", "));
    tell();
    const timer = setInterval(tell, SUMMARY_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<p class="sr" role="status">${text}</p>`;
}
