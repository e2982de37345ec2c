/* The threads in a table, and the tasks that are suspended, line by line. */
import { Search, html, useDraft } from "../../kit.js";
import { dur, nf, stood, t } from "../../i18n.js";
import { chooseThreads, counts, doing } from "../../model/threads.js";
import { LineLink } from "./line_link.js";
import { sign, standing } from "./threads_words.js";

const PAGE = 100;
const SOCKETS = 4;

export function ThreadTable({ table, server, peers }) {
  const [words, setWords] = useDraft("threads.words", "");
  const [kind, setKind] = useDraft("threads.kind", "");
  const [shown, setShown] = useDraft("threads.shown", PAGE);
  const rows = chooseThreads(table.threads, words, kind);
  const chip = (name, label, n) => html`<button type="button" key=${name} class="fchip" aria-pressed=${String(kind === name)} onClick=${() => setKind(name)}>
    ${name && sign(name)}${label} <small>${nf(n)}</small></button>`;
  return html`<section class="panel" aria-labelledby="tt-h"><div class="toolbar"><h2 class="tb-h" id="tt-h">${t("thr.table")}</h2>
      <div class="chips" role="group" aria-label=${t("thr.by")}>${chip("", t("lp.t.all"), table.threads.length)}${counts(table.threads).map(([name, n]) => chip(name, t(`thr.k.${name}`), n))}</div>
      <span class="sp"></span><${Search} label=${t("thr.find")} value=${words} onInput=${setWords}/></div>
    <div class="tw tasks-rows" tabindex="0" role="group" aria-labelledby="tt-h"><table><thead><tr>
      ${["name", "call", "for", "line", "what"].map((key) => html`<th scope="col" key=${key} class=${key === "for" ? "num" : ""}>${t(`thr.t.${key}`)}</th>`)}</tr></thead>
      <tbody>${rows.slice(0, shown).map((row) => html`<${Row} key=${row.id} row=${row} locks=${table.locks} server=${server} peers=${peers}/>`)}</tbody></table></div>
    ${rows.length > shown && html`<p class="under"><button type="button" class="btn sm" onClick=${() => setShown(shown + PAGE)}>${t("thr.more", { n: rows.length - shown })}</button></p>`}
    ${table.total > table.threads.length && html`<p class="under">${t("thr.showing", { a: table.threads.length, n: table.total })}</p>`}</section>`;
}

function Row({ row, locks, server, peers }) {
  return html`<tr><td><b>${row.name}</b>${row.daemon && html` <span class="tag">${t("thr.daemon")}</span>`}</td>
    <td><span class="dn">${sign(doing(row))}${standing(row)}</span></td>
    <td class="num">${row.waited_s === null || row.waited_s === undefined ? "–" : stood(row.waited_s, row.at_least)}</td>
    <td class="mono"><${LineLink} server=${server} line=${row.line} name=${row.function}/></td>
    <td class="mono soft clip">${waitsFor(row, locks, peers)}</td></tr>`;
}

function waitsFor(row, locks, peers) {
  if (row.lock !== null && row.lock !== undefined) {
    const lock = locks.find(({ id }) => id === row.lock);
    return lock?.holder ? t("thr.for.lock", { k: lock.kind, l: lock.line, h: lock.holder }) : (lock?.line ?? "");
  }
  const stream = peers.get(row.socket);
  return stream ? (stream.peer ?? stream.local) : (row.waits_for ?? "");
}

/** Suspended generators and coroutines: how many stand at which line. */
export function TaskTable({ table, server, peers }) {
  const most = Math.max(1, ...table.tasks.map(({ count }) => count));
  return html`<section class="panel" aria-labelledby="tk-h"><div class="pn-h"><h2 id="tk-h">${t("thr.susp")}</h2><span class="r">${t("thr.tasks.n", { n: table.tasks_total })}</span></div>
    <div class="tw" tabindex="0" role="group" aria-labelledby="tk-h"><table><thead><tr>${["line", "kind", "count", "oldest", "sockets"].map(
      (key) => html`<th scope="col" key=${key} class=${key === "oldest" ? "num" : ""}>${t(`thr.s.${key}`)}</th>`)}</tr></thead>
    <tbody>${table.tasks.map((task) => html`<tr key=${`${task.line}${task.kind}`}><td class="mono"><${LineLink} server=${server} line=${task.line} name=${task.function}/></td>
      <td>${t(`thr.s.${task.kind}`)}</td><td><span class="ab k-read" style=${{ "--p": `${Math.max(3, (task.suspended / most) * 100)}%` }}>${nf(task.suspended)}</span></td>
      <td class="num">${task.oldest_s === null ? "–" : dur(task.oldest_s * 1000)}</td>
      <td class="mono soft clip">${task.sockets.slice(0, SOCKETS).map((id) => peers.get(id)?.peer ?? peers.get(id)?.local ?? `#${id}`).join(", ")}${task.sockets.length > SOCKETS && ` +${nf(task.sockets.length - SOCKETS)}`}</td></tr>`)}</tbody></table></div></section>`;
}
