/* What the selected bytes are: digits, text, code points. */
import { CopyButton, IconButton, html } from "../../kit.js";
import { t } from "../../i18n.js";
import { hex, selected } from "../../model/hex.js";

const SHOWN = 16;

/** The first and the byte after the last of a selection. */
export const range = ({ anchor, head }) => [Math.min(anchor, head), Math.max(anchor, head) + 1];

/** A selection moved, or with `extend` grown, by a number of bytes. */
export function moveBy(selection, by, size, extend) {
  const head = Math.max(0, Math.min(size - 1, selection.head + by));
  return { ...selection, head, anchor: extend ? selection.anchor : head };
}

export function Selection({ bytes, selection, clear }) {
  const [from, to] = range(selection);
  const said = selected(bytes, from, to);
  const more = said.bytes.length > SHOWN ? " …" : "";
  const points = said.points.slice(0, SHOWN).join(" ");
  return html`<div class="sel-b" role="status"><span class="muted">${t("wire.sel")}</span>
    <code>${hex(said.bytes.subarray(0, SHOWN))}${more}</code><${CopyButton} text=${hex(said.bytes)}/>
    <span class="muted">UTF-8</span>${said.valid
      ? html`<code class="sel-t">${said.text}</code><${CopyButton} text=${new TextDecoder().decode(said.bytes)}/>
          <code class="muted sel-u">${points}${said.points.length > SHOWN ? " …" : ""}</code>`
      : html`<span class="c-err">${t("wire.sel.bad")}</span>`}
    <span class="muted">${t("wire.sel.n", { n: said.bytes.length, at: String(from) })}</span>
    <span class="r"><${IconButton} kind="gh sm" icon="x" label=${t("wire.sel.off")} onClick=${clear}/></span></div>`;
}
