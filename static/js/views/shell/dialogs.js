/* The dialogs: the keys, Stop all while clients are connected, the way for others to look on. */
import { Button, Toggle, html, useState } from "../../kit.js";
import { t } from "../../i18n.js";
import { setSingleKeys, singleKeys } from "../../keyboard.js";
import { list, stoppable, totals } from "../../model/selectors.js";
import { Modal } from "./modal.js";
import { WatchDialog } from "./visitor.js";

/* `programs`: how many there are; the first nine have a key. */
const keysOf = (programs) => [
  ["0", "nav.overview"],
  [`1 – ${Math.min(9, programs)}`, "k.server"],
  ["[ ]", "k.tabs"],
  ["/", "k.search"],
  ["Space", "k.pause"],
  [".", "k.step"],
  ["− +", "k.speed"],
  ["t", "k.theme"],
  ["l", "k.lang"],
  ["p", "k.present"],
  ["?", "k.help"],
  ["Esc", "k.esc"],
];

export function Dialogs({ state, actions }) {
  const close = () => actions.dialog(null);
  if (state.dialog === "keys") return html`<${Keys} programs=${state.order.length} close=${close}/>`;
  if (state.dialog === "stopall") return html`<${StopAll} state=${state} actions=${actions} close=${close}/>`;
  if (state.dialog === "watch") return html`<${WatchDialog} visitor=${state.visitor} close=${close}/>`;
  return null;
}

function Keys({ programs, close }) {
  const [on, turn] = useState(singleKeys);
  const flip = (wanted) => {
    setSingleKeys(wanted);
    turn(wanted);
  };
  return html`<${Modal} id="dlg-keys" title=${t("keys")} close=${close}>
    <dl>${keysOf(programs).map(
      ([keys, text]) => html`<div key=${text}>
        <dt>${keys.split(" ").map((key) => (key === "–" ? " – " : html`<kbd>${key}</kbd> `))}</dt><dd>${t(text)}</dd></div>`,
    )}</dl>
    <div class="pn-b"><${Toggle} label=${t("keys.on")} on=${on} onChange=${flip}/></div>
  <//>`;
}

function StopAll({ state, actions, close }) {
  const stop = () => {
    close();
    actions.stopAll(list(state).filter(stoppable).map((server) => server.name));
  };
  return html`<${Modal} id="dlg-stop" title=${t("stopall.h")} close=${close}>
    <div class="pn-b"><p class="soft">${t("stopall.p", { n: totals(state).connections })}</p>
      <div class="acts end"><${Button} label=${t("cancel")} autofocus onClick=${close}/>
        <${Button} kind="dg" icon="stop" label=${t("stopall")} onClick=${stop}/></div></div>
  <//>`;
}
