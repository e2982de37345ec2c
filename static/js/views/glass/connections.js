/* The clients of a server, twice a second; for UDP, the senders of the last minute. */
import { CommandLine, Search, html, icon, useDraft } from "../../kit.js";
import { bytes, dur, nf, t } from "../../i18n.js";
import { chooseRows, parted, slots, stateCounts, stuckRow } from "../../model/connections.js";
import { running } from "../../model/selectors.js";
import { Empty } from "../shell/not_running.js";
import { Experiments } from "./experiments.js";

const EMPTY = { kind: "connections", total: 0, rows: [], stuck: {}, at: 0 };
/* Scale of the queue bars, bytes. */
const QUEUE_FULL = 65_536;

const TCP_COLUMNS = [
  ["peer", "cn.peer"],
  ["state", "cn.state"],
  ["label", "cn.about"],
  ["age_s", "cn.age", "num"],
  ["bytes_in", "cn.in", "num"],
  ["bytes_out", "cn.out", "num"],
  ["recv_q", "cn.rq", "num"],
  ["send_q", "cn.sq", "num"],
];
const UDP_COLUMNS = [
  ["peer", "cn.peer"],
  ["age_s", "cn.seen", "num"],
  ["bytes_in", "cn.in", "num"],
  ["bytes_out", "cn.out", "num"],
];

export function Connections({ state, actions, name }) {
  const server = state.servers[name];
  const up = running(server);
  const udp = server.transport === "udp";
  const table = (up && state.rows[name]) || EMPTY;
  const [words, setWords] = useDraft(`connections.words.${name}`, "");
  const [sort, setSort] = useDraft(`connections.sort.${name}`, { by: "age_s", down: !udp });
  const [listeners, clients] = parted(table.rows);
  const rows = chooseRows(clients, words, sort);
  const stuck = stuckRow(table);
  return html`<div class="stack">
    <${Experiments} state=${state} name=${name} actions=${actions}/>
    ${!udp && up && (server.own ? listeners.map((row) => html`<${Queue} key=${row.id} name=${row.peer} queue=${row.recv_q} limit=${row.accept_limit}/>`)
      : html`<${Queue} queue=${server.figures?.accept_queue} limit=${server.figures?.accept_limit}/>`)}
    ${stuck && html`<div class="notice warn" role="status">${icon("warn")}
      <span><code>${stuck.peer}</code> · ${t("cn.stuck", { n: stuck.send_q })}</span></div>`}
    <section class="panel" aria-labelledby="cn-h">
      <div class="toolbar"><h2 class="tb-h" id="cn-h">${t(udp ? "c.peers" : "tab.connections")}</h2>
        <${Search} label=${t(udp ? "cn.filter.udp" : "cn.filter")} value=${words} onInput=${setWords}/><span class="sp"></span>
        ${!udp && html`<ul class="stt" aria-label=${t("cn.by")}>${stateCounts(clients).map(
          ([name_, n]) => html`<li key=${name_}><${State} state=${name_}/><b>${nf(n)}</b></li>`,
        )}</ul>`}</div>
      ${rows.length
        ? html`<${Table} columns=${udp ? UDP_COLUMNS : TCP_COLUMNS} rows=${rows} sort=${sort} setSort=${setSort}/>`
        : html`<div class="nothing">${up ? html`<${Nobody} server=${server} filtered=${clients.length > 0}/>`
          : html`<${Empty} state=${state} name=${name} sees=${t(udp ? "see.connections.udp" : "see.connections")} actions=${actions}/>`}</div>`}
      ${table.total > table.rows.length &&
      html`<p class="under">${t("cn.showing", { a: table.rows.length, n: table.total })}</p>`}
    </section></div>`;
}

/* The kernel's queue in slots, at most ten; the exact numbers stand beside it. `name`: of the listening socket. */
function Queue({ name, queue, limit }) {
  const known = typeof queue === "number" && limit > 0;
  return html`<section class="panel queue" aria-label=${t("cn.backlog")}>
    <div><div class="queue-h"><b>${t("cn.backlog")}${name && html` <code>${name}</code>`}</b>
        <span class="soft">${known ? t("cn.backlog.s", { a: queue, b: limit }) : t("cn.backlog.na")}</span></div>
      ${known && html`<div class="bk" role="meter" aria-valuenow=${queue} aria-valuemin="0" aria-valuemax=${limit} aria-label=${t("cn.backlog")}>
        ${slots(queue, limit).map((taken, index) => html`<i key=${index} class=${taken ? "on" : ""}></i>`)}</div>`}</div>
    <p class="muted">${t("cn.backlog.e")}</p></section>`;
}

const State = ({ state, tcp }) => html`<span class="tcp ${state}"><i></i>${t(`cs.${state}`)}${tcp && html` <span class="muted">${tcp}</span>`}</span>`;

function Table({ columns, rows, sort, setSort }) {
  const turn = (by) => setSort({ by, down: sort.by === by ? !sort.down : by !== "peer" && by !== "state" && by !== "label" });
  return html`<div class="tw" tabindex="0" role="group" aria-labelledby="cn-h"><table>
    <thead><tr>${columns.map(
      ([by, key, cls]) => html`<th scope="col" key=${by} class=${cls}
        aria-sort=${sort.by === by ? (sort.down ? "descending" : "ascending") : undefined}>
        <button type="button" onClick=${() => turn(by)}>${t(key)}${sort.by === by && html`<span class=${sort.down ? "" : "up"}>${icon("downc")}</span>`}</button></th>`,
    )}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id}>${columns.map(([by]) => html`<td key=${by} class=${CELLS[by].cls}>${CELLS[by].draw(row)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

const queued = (value) => {
  if (value === null || value === undefined) return "–";
  const part = Math.min(100, Math.sqrt(value / QUEUE_FULL) * 100);
  return html`<span class="q ${value > 1000 ? "high" : ""}" style=${{ "--p": `${part}%` }}>${nf(value)}</span>`;
};

const CELLS = {
  peer: { cls: "mono", draw: (row) => row.peer || html`<span class="muted">${t("lp.listener")}</span>` },
  state: { cls: "", draw: (row) => html`<${State} state=${row.state} tcp=${row.tcp_state}/>` },
  label: { cls: "mono soft clip", draw: (row) => row.label },
  age_s: { cls: "num", draw: (row) => dur(row.age_s * 1000) },
  bytes_in: { cls: "num c-in", draw: (row) => bytes(row.bytes_in) },
  bytes_out: { cls: "num c-out", draw: (row) => bytes(row.bytes_out) },
  recv_q: { cls: "num", draw: (row) => queued(row.recv_q) },
  send_q: { cls: "num", draw: (row) => queued(row.send_q) },
};

/* Host and port, as nc takes them; an own program's first address. */
function address({ own, host, port, listening }) {
  if (!own) return `${host} ${port}`;
  const [, at, number] = /^\[?(.+?)\]?:(\d+)$/.exec(listening?.[0] ?? "") ?? [];
  return at && `${at} ${number}`;
}

function Nobody({ server, filtered }) {
  if (filtered) return html`<p>${t("cn.none.filter")}</p>`;
  const udp = server.transport === "udp";
  return html`<p>${t(udp ? "cn.none.udp" : "cn.none")}</p>
    ${address(server) && html`<${CommandLine} text=${`nc ${udp ? "-u " : ""}${address(server)}`}/>`}`;
}
