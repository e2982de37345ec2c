/* The exact bytes of a request and its reply, as text with its line ends or in hex. */
import { Segmented, html, icon, useDraft, useRef } from "../../kit.js";
import { bytes as size, t } from "../../i18n.js";
import { spelled } from "../../model/hex.js";
import { HexRows, useRowWidth } from "./hex_rows.js";

/* More than a screenful helps nobody; the rest is counted. */
const SHOWN = 4096;

/** Both directions of one exchange. Directions are named from the server's side. */
export function Bytes({ exchange }) {
  const [form, setForm] = useDraft("bytes.form", "text");
  const panel = useRef(null);
  const width = useRowWidth(panel);
  return html`<section class="panel" aria-labelledby="bytes-h" ref=${panel}>
    <div class="pn-h"><h2 id="bytes-h">${t("by.h")}</h2><span class="r"><${Segmented} kind="sm" label=${t("by.form")}
      items=${[["text", t("by.text")], ["hex", "Hex"]]} value=${form} onChange=${setForm}/></span></div>
    ${exchange
      ? html`<div class="hx" tabindex="0" role="group" aria-labelledby="bytes-h">
          <${Block} way="in" title=${t("try.req")} data=${exchange.sent} form=${form} width=${width}/>
          <${Block} way="out" title=${t("try.res")} data=${exchange.received} form=${form} width=${width}/></div>`
      : html`<p class="nothing">${t("by.none")}</p>`}
  </section>`;
}

function Block({ way, title, data, form, width }) {
  const shown = data.subarray(0, SHOWN);
  return html`<article class="blk ${way}">
    <header><b>${icon(way === "in" ? "din" : "dout")}${title}</b><span>${size(data.length)}</span></header>
    ${!data.length && html`<p class="muted">${t("by.zero")}</p>`}
    ${form === "hex" ? html`<${HexRows} data=${shown} width=${width}/>` : html`<${Text} data=${shown}/>`}
    ${data.length > SHOWN && html`<p class="muted">${t("by.more", { n: data.length - SHOWN })}</p>`}
  </article>`;
}

/** Bytes as text; line ends and bytes that are no text are spelled. */
export const Text = ({ data }) =>
  html`<pre class="bytes">${spelled(data).map(([words, cls]) => (cls ? html`<i class=${cls}>${words}</i>` : words))}</pre>`;
