/* Said above a tab whose server cannot answer: why, and the way out. */
import { Button, html, icon, titleOf } from "../../kit.js";
import { t } from "../../i18n.js";
import { startable } from "../../model/selectors.js";
import { Cause } from "./cause.js";
import { reason } from "./reasons.js";

export function NotRunning({ state, name, actions }) {
  const server = state.servers[name];
  const failed = server.state === "FAILED";
  if (server.state === "RUNNING" || (failed && server.own)) return null; // the page of a user's program says it on every tab
  return html`<div class="notice ${failed ? "bad" : ""}">${icon(failed ? "warn" : "info")}
    <span>${failed ? html`<${Cause} server=${server}/>` : t(`nr.${server.state}`, { s: titleOf(server) })}</span>
    ${startable(server) && html`<span class="r"><${WayOut} state=${state} server=${server} actions=${actions}/></span>`}</div>`;
}

function WayOut({ state, server, actions }) {
  const off = reason(state, "start");
  const port = server.failure?.free_port;
  const button = (kind, symbol, label, options) => html`<${Button} kind=${`sm ${kind}`} icon=${symbol} label=${label}
    busy=${state.busy[server.name]} off=${off} onClick=${() => actions.start(server.name, options)}/>`;
  if (!port) return button("pri", "play", t("start"));
  return html`${button("pri", "plug", t("usefree", { p: String(port) }), { port })}
    ${button("", "restart", t("retryport", { p: String(server.port) }))}`;
}
