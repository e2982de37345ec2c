/* All five servers at a glance. */
import { html } from "../kit.js";
import { t } from "../i18n.js";

export function Overview() {
  return html`<div class="ph"><div class="tx"><h1>${t("ov.h")}</h1><p>${t("ov.sub")}</p></div></div>`;
}
