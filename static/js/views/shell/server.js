/* One server: its header, its tabs, and the tab that is open. */
import { Button, CopyButton, html, model, pill, titleOf, useEffect, useRef } from "../../kit.js";
import { nf, t } from "../../i18n.js";
import { href } from "../../model/routes.js";
import { address, offKey, running, shown, startable, stoppable } from "../../model/selectors.js";
import { Uptime } from "./clocks.js";
import { Connections } from "../glass/connections.js";
import { Crashes } from "../glass/crash.js";
import { Lazy } from "./lazy.js";
import { Logs } from "../glass/logs.js";
import { Try } from "../tasks/try.js";

/* The big views come when they are first looked at. */
const lazy = (load) => (props) => html`<${Lazy} load=${load} ...${props}/>`;

const BODIES = {
  loop: lazy(() => import("../glass/loop.js").then((module) => module.Loop)),
  rooms: lazy(() => import("../tasks/chat.js").then((module) => module.Chat)),
  wire: lazy(() => import("../glass/wire.js").then((module) => module.Wire)),
  threads: lazy(() => import("../glass/threads.js").then((module) => module.Threads)),
  try: Try,
  connections: Connections,
  logs: Logs,
};

export function Server({ state, actions }) {
  const { name, tab } = state.route;
  const server = state.servers[name];
  const { topics } = server.tabs.find((item) => item.name === tab);
  useEffect(() => actions.subscribe(topics), [name, tab]);
  return html`<${Header} server=${server} tab=${tab} busy=${state.busy[name]} off=${offKey(state)}
      skew_s=${state.skew_s} actions=${actions}/>
    <${Crashes} state=${state} server=${server} actions=${actions}/>
    <${BODIES[tab]} key=${`${name}/${tab}`} name=${name} state=${state} actions=${actions}/>`;
}

function Header({ server, tab, busy, off, skew_s, actions }) {
  const { name } = server;
  const tabs = useRef(null);
  const place = address(server.host, server.port);
  useEffect(() => tabs.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [name, tab]);
  return html`<div class="sph">
    <div class="ph">
      <h1><span class="no">${server.task}</span>${titleOf(server)} ${pill(shown(server))}</h1>
      <div class="addr">${place && html`<b>${place}</b><${CopyButton} text=${place}/>`}
        ${server.pid !== null && html`<span>${t("c.pid", { v: String(server.pid) })}</span>`}
        ${running(server) && html`<${Uptime} since=${server.started_at} skew_s=${skew_s}/>`}</div>
      <span class="kind">${server.model && html`${model(server.model)}${t(`m.${server.model}`)}`}</span>
      <div class="acts"><${Actions} server=${server} busy=${busy} off=${off && t(off)} actions=${actions}/></div>
    </div>
    <nav class="tabs" ref=${tabs} aria-label=${titleOf(server)}>${server.tabs.map(
      ({ name: item }) => html`<a key=${item} href=${href(server, item)} aria-current=${item === tab ? "page" : undefined}>
        ${t(`tab.${item}`)}${item === "connections" && running(server) &&
        html`<span class="tag">${nf(server.figures?.connections ?? 0)}</span>`}</a>`,
    )}</nav>
  </div>`;
}

function Actions({ server, busy, off, actions }) {
  const { name } = server;
  if (startable(server)) {
    return html`<${Button} kind="pri" icon="play" label=${t("start")} busy=${busy} off=${off}
      onClick=${() => actions.start(name)}/>`;
  }
  if (server.state === "STOPPING") {
    return html`<${Button} kind="dg" icon="x" label=${t("kill")} busy=${busy === "kill"} off=${off}
      onClick=${() => actions.kill(name)}/>`;
  }
  return html`${stoppable(server) && html`<${Button} icon="stop" label=${t("stop")} busy=${busy === "stop"} off=${off}
      onClick=${() => actions.stop(name)}/>`}
    <${Button} icon="restart" label=${t("restart")} busy=${busy === "restart"} off=${off}
      onClick=${() => actions.restart(name)}/>`;
}
