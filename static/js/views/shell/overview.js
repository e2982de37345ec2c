/* All programs at a glance: the lab's servers, and the user's programs under them. */
import { Button, Mini, Toggle, html, icon, titleOf, useMemo } from "../../kit.js";
import { bytes, nf, t } from "../../i18n.js";
import { lab, list, startable, stoppable, totals } from "../../model/selectors.js";
import { Card } from "./card.js";
import { percent } from "./card_parts.js";
import { Feed } from "./feed.js";
import { reasons } from "./reasons.js";
import { YourPrograms } from "./programs.js";

export function Overview({ state, actions }) {
  const [off, offChange] = reasons(state);
  const titles = useMemo(() => Object.fromEntries(list(state).map((server) => [server.name, titleOf(server)])), [state.order, state.lang]);
  return html`<${Heading} state=${state} off=${off} offChange=${offChange} actions=${actions}/>
    <${Totals} state=${state}/>
    <div class="cards">${lab(state).map(
      (server) => html`<${Card} key=${server.name} server=${server} history=${state.history[server.name]}
        busy=${state.busy[server.name]} off=${off} offChange=${offChange} skew_s=${state.skew_s} lang=${state.lang} actions=${actions}/>`,
    )}<${Feed} feed=${state.feed} titles=${titles} lang=${state.lang}/></div>
    <${YourPrograms} state=${state} actions=${actions}/>`;
}

function Heading({ state, off, offChange, actions }) {
  const names = (servers) => servers.map((server) => server.name);
  const [toStart, toStop] = [names(lab(state).filter(startable)), names(list(state).filter(stoppable))];
  const stop = () =>
    totals(state).connections ? actions.dialog("stopall") : actions.stopAll(toStop);
  return html`<div class="ph"><div class="tx"><h1>${t("ov.h")}</h1><p>${t("ov.sub")}</p></div>
    <div class="acts">
      <span title=${t("ov.restore.s")}><${Toggle} label=${t("ov.restore")} on=${state.restore} off=${off} onChange=${actions.restore}/></span>
      <${Button} icon="stop" label=${t("stopall")} off=${offChange || (!toStop.length && t("off.nonerunning"))} onClick=${stop}/>
      <${Button} kind="pri" icon="play" label=${t("startall")} off=${off || (!toStart.length && t("off.allrunning"))}
        onClick=${() => actions.startAll(toStart)}/>
    </div></div>`;
}

function Totals({ state }) {
  const sum = totals(state);
  const each = html`<small>/${t("sec")}</small>`;
  return html`<dl class="stats">
    <div class="stat"><dt>${t("ov.running")}</dt><dd>${nf(sum.running)}<small> / ${nf(sum.of)}</small></dd></div>
    <div class="stat"><dt>${t("ov.conns")}</dt><dd>${nf(sum.connections)}</dd></div>
    <div class="stat"><dt class="c-in">${icon("din")}${t("ov.in")}</dt>
      <dd>${bytes(sum.in_rate)}${each}<${Mini} values=${sum.in} tone="in"/></dd></div>
    <div class="stat"><dt class="c-out">${icon("dout")}${t("ov.out")}</dt>
      <dd>${bytes(sum.out_rate)}${each}<${Mini} values=${sum.out} tone="out"/></dd></div>
    <div class="stat"><dt>${t("ov.cpu")}</dt><dd>${percent(sum.cpu)}</dd></div>
    <div class="stat"><dt>${t("ov.mem")}</dt><dd>${bytes(sum.rss)}</dd></div>
  </dl>`;
}
