/* A probe that is being shown once more, said above the bytes that it moves. */
import { Button, html, icon } from "../../kit.js";
import { spoken, t } from "../../i18n.js";
import { href } from "../../model/routes.js";

export function Again({ check, server, actions }) {
  if (!check?.again || check.state === "never") return null;
  const { state, progress, error } = check;
  const words = progress ? progress.title[spoken()] : check.again;
  return html`<div class="notice ${state === "broke" ? "bad" : "warn"}" role="status">${icon("hour")}
    <span>${state === "running" ? html`${t("chk.again.now")} <strong>${words}</strong>` : state === "broke" ? error : t(state === "cancelled" ? "chk.cancelled" : "chk.again.done")}</span>
    <span class="r">${state === "running" && html`<${Button} kind="sm" icon="x" label=${t("cancel")} onClick=${() => actions.cancelCheck(server.name)}/>`}
      <a class="btn sm" href=${href(server, "check")}>${t("chk.back")}</a></span></div>`;
}
