/* What breaks a program, as its author says it: a button for each way, and what one then sees. */
import { Button, IconButton, html, icon, useDraft, useState } from "../../kit.js";
import { spoken, t } from "../../i18n.js";
import { running } from "../../model/selectors.js";
import { reason } from "../shell/reasons.js";
import { Running } from "./experiments.js";

const NOTHING = [];

export function Breaks({ state, server, actions }) {
  const [open, setOpen] = useDraft(`brk.${server.name}`, true);
  const entries = server.breaks ?? NOTHING;
  if (!entries.length) return null;
  const off = reason(state, "start") || (running(server) ? "" : t("brk.off"));
  return html`<section class="panel breaks" aria-label=${t("brk.h")}>
    <header>${icon("bolt")}<h2>${t("brk.h")}</h2>
      <${IconButton} kind="gh sm" icon="downc" label=${t("brk.h")} aria-expanded=${String(open)} onClick=${() => setOpen(!open)}/></header>
    ${open && html`<ul>${entries.map((entry) => html`<${Way} key=${entry.experiment} entry=${entry} server=${server} off=${off} actions=${actions}/>`)}</ul>
      <${Running} server=${server} off=${reason(state, "change")} skew_s=${state.skew_s} actions=${actions}/>`}
  </section>`;
}

function Way({ entry, server, off, actions }) {
  const [busy, setBusy] = useState(false);
  const { experiment: kind, n } = entry;
  const { press, see } = entry[spoken()] ?? entry.en;
  const send = async () => {
    setBusy(true);
    await actions.api("POST", `/api/experiments/${server.name}`, { kind, n }).catch(actions.fail);
    setBusy(false);
  };
  return html`<li><${Button} label=${t(`exp.${kind}`)} busy=${busy} off=${off} onClick=${send}/>
    <p>${press} <span class="muted">${see}</span></p></li>`;
}
