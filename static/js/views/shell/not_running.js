/* Said where a server cannot answer: why, and the way out. */
import { Button, html, icon, titleOf } from "../../kit.js";
import { t } from "../../i18n.js";
import { startable } from "../../model/selectors.js";
import { Cause } from "./cause.js";
import { reason } from "./reasons.js";

/* Whether a program of the user has failed: its page says why on every tab. */
const toldAbove = ({ own, state }) => own && state === "FAILED";

/** Above a tab that shows something in spite of it. */
export function NotRunning({ state, name, actions }) {
  const server = state.servers[name];
  const failed = server.state === "FAILED";
  if (server.state === "RUNNING" || toldAbove(server)) return null;
  return html`<div class="notice ${failed ? "bad" : ""}">${icon(failed ? "warn" : "info")}
    <span><${Why} server=${server}/></span><span class="r"><${WayOut} state=${state} server=${server} actions=${actions}/></span></div>`;
}

/** In the place of what a tab shows while the server runs. `sees`: what that is. */
export function Empty({ state, name, sees, actions }) {
  const server = state.servers[name];
  const silent = server.state === "RUNNING" || toldAbove(server);
  return html`<div class="empty">${icon("eye")}<p class="sees">${sees}</p>
    ${!silent && html`<p class=${server.state === "FAILED" ? "c-err" : ""}><${Why} server=${server}/></p>
      <div class="acts"><${WayOut} state=${state} server=${server} actions=${actions}/></div>`}</div>`;
}

const Why = ({ server }) => (server.state === "FAILED" ? html`<${Cause} server=${server}/>` : t(`nr.${server.state}`, { s: titleOf(server) }));

function WayOut({ state, server, actions }) {
  const off = reason(state, "start");
  if (server.state === "FROZEN") {
    return html`<${Button} kind="sm" icon="restart" label=${t("restart")} busy=${state.busy[server.name] === "restart"} off=${off} onClick=${() => actions.restart(server.name)}/>`;
  }
  if (!startable(server)) return null;
  const port = server.failure?.free_port;
  const button = (kind, symbol, label, options) => html`<${Button} kind=${`sm ${kind}`} icon=${symbol} label=${label}
    busy=${state.busy[server.name]} off=${off} onClick=${() => actions.start(server.name, options)}/>`;
  if (!port) return button("pri", "play", t("start"));
  return html`${button("pri", "plug", t("usefree", { p: String(port) }), { port })}
    ${button("", "restart", t("retryport", { p: String(server.port) }))}`;
}
