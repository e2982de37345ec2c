/* Bytes as what they mean: an HTTP message, JSON, or text whose first wrong byte is named. */
import { html, icon } from "../../kit.js";
import { bytes as size, t } from "../../i18n.js";
import { httpHead, json } from "../../model/decode.js";
import { Text } from "./bytes.js";

/** `bad`: the first byte that is not UTF-8, as model/hex.js gives it. */
export function Decoded({ data, bad }) {
  const message = httpHead(data);
  if (message) return html`<${Http} message=${message}/>`;
  const value = json(data);
  if (value) return html`<p class="what-k">JSON</p><pre class="bytes">${value}</pre>`;
  return html`<p class="what-k">${t(bad ? "wire.dec.not" : "wire.dec.text")}</p><${Text} data=${data}/>
    ${bad && html`<p class="cutnote c-err">${icon("warn")}${t(bad.half ? "wire.dec.half" : "wire.dec.bad", {
      b: `0x${data[bad.at].toString(16).padStart(2, "0")}`, at: String(bad.at) })}</p>`}`;
}

const Http = ({ message }) =>
  html`<p class="what-k">${t("wire.dec.http")}</p><div class="http"><b>${message.first}</b>
    <dl>${message.fields.map(([name, value], index) => html`<div key=${index}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${!message.whole && html`<p class="cutnote">${icon("info")}${t("wire.dec.head")}</p>`}
    ${message.body.length > 0 && html`<p class="what-k">${t("wire.dec.body", { v: size(message.body.length) })}</p><${Text} data=${message.body}/>`}</div>`;
