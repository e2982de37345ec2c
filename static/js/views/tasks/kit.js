/* Shared by the Try it tabs: the way of the bytes, the terminal's commands, the explanation. */
import { CommandLine, html } from "../../kit.js";
import { t } from "../../i18n.js";

/** The way from the browser to the server: it cannot open raw sockets, the dashboard can. */
const Way = ({ server }) =>
  html`<div class="path" title=${t("try.path")}><b>${t("try.browser")}</b><span class="wireln"></span>
    <b>:${location.port || (location.protocol === "https:" ? 443 : 80)} ${t("try.dashboard")}</b><span class="wireln"></span>
    <b>:${server.port} ${server.protocol}</b></div>`;

/** The client of a tab: its form, under the way it takes. */
export const Client = ({ server, children }) =>
  html`<section class="panel" aria-labelledby="client-h"><div class="pn-h"><h2 id="client-h">${t("try.client")}</h2></div>
    <div class="pstrip"><${Way} server=${server}/></div>${children}</section>`;

/** Commands for the reader's own terminal; `commands`: [command, note]. */
export const Terminal = ({ commands }) =>
  html`<section class="panel" aria-labelledby="term-h"><div class="pn-h"><h2 id="term-h">${t("try.term")}</h2></div>
    <div class="pn-b cmds">${commands.map(([text, note]) => html`<${CommandLine} key=${text} text=${text} note=${note}/>`)}
      <p class="muted small">${t("try.term.s")}</p></div></section>`;

/** The exchange step by step, and how this server serves many clients. */
export const Explanation = ({ server }) => {
  const steps = [1, 2].map((n) => `try.${server.name}.${n}`);
  const last = server.transport === "udp" ? "try.hello.3" : `m.${server.model}.d`;
  return html`<section class="panel" aria-labelledby="expl-h"><div class="pn-h"><h2 id="expl-h">${t("try.expl")}</h2></div>
    <div class="pn-b"><p class="soft">${t(`s.${server.name}.d`)}</p>
      <ol class="expl">${[...steps, last].map((key) => html`<li key=${key}><span>${t(key)}</span></li>`)}</ol></div></section>`;
};

/** The commands of both netcats: they differ in how they end their side after the input. */
export const netcats = (input, host, port) => [
  [`${input} | nc -N ${host} ${port}`, t("nc.openbsd")],
  [`${input} | nc -q1 ${host} ${port}`, t("nc.traditional")],
];

/** The lab's own console client, from this project. */
export const client = (name, server, rest = "") =>
  `python -m labservers client ${name}${rest} --host ${server.host} --port ${server.port}`;

/** A word for a POSIX shell. */
export const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;
