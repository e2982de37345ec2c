/* The head of a program's page: its name and state, where it is, what may be done, its tabs. */
import { Button, CopyButton, html, icon, model, pill, titleOf, useEffect, useRef } from "../../kit.js";
import { nf, t } from "../../i18n.js";
import { href } from "../../model/routes.js";
import { exposed, place, running, shown, startable, stoppable } from "../../model/selectors.js";
import { Exposed } from "./card_parts.js";
import { Uptime } from "./clocks.js";
import { Launch } from "./launch.js";
import { Changed } from "./own_card.js";

export function Head({ server, tab, busy, off, offChange, skew_s, actions }) {
  const { name } = server;
  const tabs = useRef(null);
  const address = place(server);
  useEffect(() => tabs.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [name, tab]);
  return html`<div class="sph">
    <div class="ph">
      <h1><span class="no">${server.own ? icon("file") : server.task}</span>${titleOf(server)} ${pill(shown(server))}</h1>
      <div class="addr">${address && html`<b>${address}</b><${CopyButton} text=${address}/>`}
        ${address && server.own && html`<span class="found">${t("prog.found")}</span>`}
    ${exposed(server) && html`<${Exposed}/>`}
        ${server.pid !== null && html`<span>${t("c.pid", { v: String(server.pid) })}</span>`}
        ${running(server) && html`<${Uptime} since=${server.started_at} skew_s=${skew_s}/>`}</div>
      <span class="kind">${server.model && html`${model(server.model)}${t(`m.${server.model}`)}`}</span>
      <div class="acts"><${Actions} server=${server} busy=${busy} off=${off} offChange=${offChange} actions=${actions}/></div>
    </div>
    ${server.own && html`<${Launch} key=${name} server=${server} off=${off} actions=${actions}/>`}
    <nav class="tabs" ref=${tabs} aria-label=${titleOf(server)}>${server.tabs.map(
      ({ name: item }) => html`<a key=${item} href=${href(server, item)} aria-current=${item === tab ? "page" : undefined}>
        ${t(`tab.${item}`)}${item === "connections" && running(server) &&
        html`<span class="tag">${nf(server.figures?.connections ?? 0)}</span>`}</a>`,
    )}</nav>
  </div>`;
}

function Actions({ server, busy, off, offChange, actions }) {
  const { name } = server;
  if (startable(server)) {
    const again = server.own && server.last_run;
    const told = server.own && server.state === "FAILED"; // the button of the story below it is the one to press
    return html`<${Button} kind=${told ? "" : "pri"} icon=${again ? "restart" : "play"} label=${t(again ? "prog.again" : "start")} busy=${busy} off=${off}
      onClick=${() => actions.start(name)}/>`;
  }
  if (server.state === "STOPPING") {
    return html`<${Button} kind="dg" icon="x" label=${t("kill")} busy=${busy === "kill"} off=${offChange}
      onClick=${() => actions.kill(name)}/>`;
  }
  return html`${server.own && server.changed_on_disk && html`<${Changed} server=${server} busy=${busy} off=${off} actions=${actions}/>`}
    ${server.own && html`<${Button} kind="txt" label="^C" aria-label=${t("prog.interrupt")} title=${t("prog.interrupt.s")}
      busy=${busy === "interrupt"} off=${offChange} onClick=${() => actions.interrupt(name)}/>`}
    ${stoppable(server) && html`<${Button} icon="stop" label=${t("stop")} busy=${busy === "stop"} off=${offChange}
      onClick=${() => actions.stop(name)}/>`}
    <${Button} icon="restart" label=${t("restart")} busy=${busy === "restart"} off=${off}
      onClick=${() => actions.restart(name)}/>`;
}
