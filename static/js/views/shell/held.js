/* Said above every page of a dashboard that looks on: another one holds the lab, or did. */
import { Button, html, icon, useState } from "../../kit.js";
import { clock, t } from "../../i18n.js";
import { may } from "../../model/selectors.js";

export function Held({ state, actions }) {
  const [busy, setBusy] = useState(false);
  const { holder } = state;
  if (!holder) return null;
  const take = async () => {
    setBusy(true);
    await actions.takeOver();
    setBusy(false);
  };
  return html`<div class="notice warn held" role="status">${icon("eye")}
    <span><strong>${t(holder.served ? "held.h" : "held.free")}</strong> ${holder.served ? html`<${Where} holder=${holder}/> ${t("held.s")}` : t("held.free.s")}</span>
    <span class="r">${holder.served && holder.address && html`<a class="btn sm" href=${holder.address} rel="external">${t("held.go")}</a>`}
      <${Button} kind="sm pri" icon="plug" label=${t(holder.served ? "held.take" : "held.take.free")} busy=${busy}
        off=${may(state, "start") ? "" : t("off.start")} onClick=${take}/></span></div>`;
}

const Where = ({ holder }) =>
  html`<span class="mono">${holder.address}</span>, ${t("c.pid", { v: String(holder.pid) })}${holder.since ? `, ${t("held.since", { time: clock(holder.since) })}` : ""}.`;
