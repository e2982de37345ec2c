/* The task table: the 50 that have been in their state longest, with filters. */
import { Search, html, icon, useDraft } from "../../kit.js";
import { bytes, dur, nf, t } from "../../i18n.js";
import { SIGN, TONE, chooseTasks, lanesOf } from "../../model/loop.js";

const STATES = { ready: "sk.ready", running: "sk.run", reading: "sk.read", writing: "sk.write", sleeping: "sk.timer", waiting: "loop.sk.else", accepting: "sk.read" };

export function Tasks({ table, loop, chosen, choose }) {
  const [lane, setLane] = useDraft("tasks.lane", "all");
  const [words, setWords] = useDraft("tasks.words", "");
  const all = table?.rows ?? [];
  const rows = chooseTasks(all, lane, words);
  const longest = Math.max(0.001, ...rows.map((row) => row.state_s));
  const chip = (name, label, count) => html`<button type="button" key=${name} class="fchip ${name === "all" ? "" : `k-${TONE[name]}`}"
    aria-pressed=${lane === name ? "true" : "false"} onClick=${() => setLane(name)}>
    ${name !== "all" && icon(SIGN[name])}${label} <small>${nf(count)}</small></button>`;
  return html`<section class="panel" aria-labelledby="tasks-h"><div class="toolbar">
      <h2 class="tb-h" id="tasks-h">${t("lp.tasks")}</h2>
      <div class="chips" role="group" aria-label=${t("lp.t.state")}>${chip("all", t("lp.t.all"), loop.tasks)}
        ${lanesOf(loop).map((name) => chip(name, t(STATES[name]), loop[name]))}</div>
      <span class="sp"></span><${Search} label=${t("lp.t.find")} value=${words} onInput=${setWords}/></div>
    <div class="tw tasks-rows" tabindex="0" role="group" aria-labelledby="tasks-h"><table><thead><tr>
      ${["id", "peer", "about", "state"].map((key) => html`<th scope="col" key=${key}>${t(`lp.t.${key}`)}</th>`)}
      <th scope="col" aria-sort="descending">${t("lp.t.in")}</th>
      <th scope="col" class="num">${t("lp.t.steps")}</th>
      <th scope="col" class="num" title=${t("lp.t.busy.d")}>${t("lp.t.busy")}</th>
      <th scope="col" class="num">${t("lp.t.bytes")}</th>
      <th scope="col">${t("lp.t.line")}</th></tr></thead>
      <tbody>${rows.map((row) => html`<${Task} key=${row.id} row=${row} longest=${longest} chosen=${chosen === row.id} choose=${choose}/>`)}</tbody></table></div>
    <p class="under">${t("lp.t.showing", { a: rows.length ? 1 : 0, b: rows.length, n: table?.total ?? 0 })}</p></section>`;
}

function Task({ row, longest, chosen, choose }) {
  const tone = TONE[row.state] ?? "read";
  const part = Math.max(3, (Math.log10(row.state_s * 1000 + 1) / Math.log10(longest * 1000 + 1)) * 100);
  return html`<tr class=${chosen ? "on" : ""} onClick=${() => choose(row.id)}>
    <td class="mono"><button type="button" class="pick" aria-pressed=${String(chosen)}>#${row.id}</button></td>
    <td class="mono">${row.state === "accepting" ? t("lp.listener") : row.peer}</td><td class="mono cut">${row.label}</td>
    <td><span class="stk k-${tone}">${icon(SIGN[row.state] ?? "ear")}${t(STATES[row.state] ?? "sk.read")}</span></td>
    <td><span class="ab k-${tone}" style=${{ "--p": `${part}%` }}>${dur(row.state_s * 1000)}</span></td>
    <td class="num">${row.steps === null ? "–" : nf(row.steps)}</td>
    <td class="num">${row.busy_us ? dur(row.busy_us / 1000) : "–"}</td>
    <td class="num"><span class="c-in">${bytes(row.bytes_in)}</span> / <span class="c-out">${bytes(row.bytes_out)}</span></td>
    <td class="mono soft">${row.line}</td></tr>`;
}
