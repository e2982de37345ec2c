/* The exact bytes of a request and its reply, as text with its line ends or in hex. */
import { Segmented, html, icon, useDraft, useEffect, useRef, useState } from "../../kit.js";
import { bytes as size, t } from "../../i18n.js";
import { hexRows, lines } from "../../model/decode.js";

/* More than a screenful helps nobody; the rest is counted. */
const SHOWN = 4096;
/* Sixteen bytes a row need this much room; eight do with less. */
const WIDE_REM = 39;

/** Both directions of one exchange. Directions are named from the server's side. */
export function Bytes({ exchange }) {
  const [form, setForm] = useDraft("bytes.form", "text");
  const panel = useRef(null);
  const width = useWide(panel) ? 16 : 8;
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
    ${form === "hex" ? html`<${Hex} data=${shown} width=${width}/>` : html`<${Text} data=${shown}/>`}
    ${data.length > SHOWN && html`<p class="muted">${t("by.more", { n: data.length - SHOWN })}</p>`}
  </article>`;
}

const Text = ({ data }) =>
  html`<pre class="bytes">${lines(data).map(([line, end]) => [line, end && html`<i>${end}</i>`, end && "\n"])}</pre>`;

const Hex = ({ data, width }) =>
  hexRows(data, width).map(
    (row) => html`<div class="hr w${width}" key=${row.offset}><span class="o">${row.offset}</span><span>${row.hex}</span>
      <span class="a">${row.text}</span></div>`,
  );

function useWide(panel) {
  const [wide, setWide] = useState(true);
  useEffect(() => {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const watch = new ResizeObserver(([entry]) => setWide(entry.contentRect.width >= WIDE_REM * rem));
    watch.observe(panel.current);
    return () => watch.disconnect();
  }, []);
  return wide;
}
