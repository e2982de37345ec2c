/* The question before a program is put on an address that other machines can reach. */
import { Button, html, titleOf } from "../../kit.js";
import { t } from "../../i18n.js";
import { Modal } from "./modal.js";

export function Expose({ server, host, yes, close }) {
  const open = () => {
    close();
    yes();
  };
  return html`<${Modal} id="dlg-expose" title=${t("expose.h", { s: titleOf(server) })} close=${close}>
    <div class="pn-b"><p class="soft">${t("expose.p", { h: host })} ${t("c.exposed.d")}.</p>
      <div class="acts end"><${Button} label=${t("cancel")} autofocus onClick=${close}/>
        <${Button} kind="dg" icon="globe" label=${t("expose.yes")} onClick=${open}/></div></div>
  <//>`;
}
