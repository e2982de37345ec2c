/* One cause: what it is in this program, the evidence as a picture, why it matters, the next step. */
import { Button, html, icon, useDraft } from "../../kit.js";
import { nf, t } from "../../i18n.js";
import { blamed, exchanged } from "../../model/check.js";
import { spelled } from "../../model/hex.js";
import { HexRows } from "./hex_rows.js";
import { LineLink } from "./line_link.js";
import { Picture } from "./check_picture.js";

export const SIGNS = { must: "x", should: "warn", hint: "info" };

/** A sentence; what stands between backquotes in it is code. */
export const prose = (words) => words.split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part));

/** `first`: it is open from the beginning. `again`: shows its probe once more. */
export function Finding({ finding, server, first, again, off }) {
  const { id, level, title, line, source } = finding;
  const [open, setOpen] = useDraft(`chk.f.${server.name}.${id}`, first);
  return html`<section class="panel finding ${level} ${open ? "open" : ""}" aria-labelledby="f-${id}">
    <header>${icon(SIGNS[level])}<h3 id="f-${id}"><button type="button" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>${prose(title)}</button></h3>
      <span class="level">${t(`chk.${level}`)}</span>${icon("downc")}</header>
    ${line && html`<p class="f-line"><${LineLink} server=${server} line=${line}/>${source && html`<code>${source}</code>`}</p>`}
    ${open && html`<${Story} finding=${finding} server=${server} again=${again} off=${off}/>`}
  </section>`;
}

function Story({ finding, server, again, off }) {
  const { id, evidence, why, next_step: next, probes } = finding;
  return html`<p>${prose(evidence)}</p>
    <${Evidence} finding=${finding}/>
    ${why && html`<p class="soft">${prose(why)}</p>`}
    ${next && html`<p class="next">${icon("arrow")}<span><b>${t("chk.next")}</b> ${prose(next)}</span></p>`}
    <footer>${finding.again && html`<${Button} kind="sm" icon="hour" label=${t("chk.again")} title=${t("chk.again.d")} off=${off} onClick=${() => again(finding.again)}/>`}
      <a class="btn sm gh" href=${`/lessons/${id}?program=${server.name}`}>${icon("info")}<span>${t("chk.lesson")}</span></a>
      <span class="muted small">${t("chk.by")} ${probes.map((probe, index) => html`${index > 0 && ", "}<code>${probe}</code>`)}</span></footer>`;
}

/** The picture of what happened, and the bytes. */
export function Evidence({ finding: { picture, proof } }) {
  const bytes = blamed(proof);
  const talk = exchanged(proof);
  if (!picture && !bytes && !talk && !proof.stands.length) return null;
  return html`<div class="evidence">${picture && html`<div class="pic-w" tabindex="0" role="group" aria-label=${t("chk.pic")}><${Picture} chart=${picture}/></div>`}
    <div class="proof">${bytes && html`<${Blamed} found=${bytes}/>`}${talk && html`<${Talk} talk=${talk}/>`}
      ${proof.stands.length > 0 && html`<ul class="stands">${proof.stands.map((stand) => html`<li key=${stand.thread}>${standing(stand)}</li>`)}</ul>`}
      ${proof.rule && html`<p class="muted small">${proof.rule}</p>`}</div></div>`;
}

const Blamed = ({ found: { bytes, from, size, bad } }) =>
  html`<div class="hx" role="group" aria-label=${t("crash.bytes")}><p class="what-k">${t("crash.bytes")}${bytes.length < size ? ` · ${t("crash.bytes.part", { a: String(from), b: String(from + bytes.length - 1), n: size })}` : ""}</p><div class="blk in"><${HexRows} data=${bytes} width=${8} marks=${[{ from: bad, to: bad + 1, cls: "bad" }]}/></div></div>`;

const Talk = ({ talk: { sent, expected, got } }) =>
  html`<dl class="talk"><div><dt>${t("chk.sent")}</dt><dd class="c-in"><${Spelled} bytes=${sent}/></dd></div>
    ${expected && html`<div><dt>${t("chk.expected")}</dt><dd><code>${expected}</code></dd></div>`}
    <div><dt>${t("chk.got")}</dt><dd class="c-out"><${Spelled} bytes=${got}/></dd></div></dl>`;

const Spelled = ({ bytes }) =>
  bytes.length
    ? html`<code>${spelled(bytes).map(([words, cls]) => (cls ? html`<i class=${cls}>${words}</i>` : words))}</code>`
    : html`<span class="muted">${t("chk.nothing")}</span>`;

const standing = ({ thread, call, line, waited_s: waited }) =>
  t("chk.stands", { t: thread, c: call ? `${call}()` : "…", l: line ?? "…", s: nf(waited ?? 0, { maximumFractionDigits: 1 }) });
