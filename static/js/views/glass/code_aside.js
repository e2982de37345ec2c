/* Beside the source: the variables of a held thread, and where all threads and tasks stand. */
import { html, icon, useState } from "../../kit.js";
import { nf, stood, t } from "../../i18n.js";
import { crowded, toneOf } from "../../model/code.js";
import { href } from "../../model/routes.js";
import { running } from "../../model/selectors.js";

/* Values that are alike in every run: they stand last. */
const DULL = /^<(module|function|class|type)\b/;

export const Aside = ({ server, code, points }) =>
  html`<div class="stack">${points.length > 0 && html`<${Locals} server=${server} points=${points}/>`}<${Stands} server=${server} code=${code}/></div>`;

/* The variables of the chosen thread, the next one to pass by itself. */
function Locals({ server, points }) {
  const [thread, choose] = useState(null);
  const point = points.find((one) => one.thread === thread) ?? points[0];
  const names = Object.entries(point.locals ?? {}).sort(([, a], [, b]) => Number(DULL.test(a)) - Number(DULL.test(b)));
  return html`<section class="panel locals" aria-labelledby="locals-h"><div class="pn-h"><h2 id="locals-h">${t("code.locals")}</h2>
      <span class="r"><span class="sel"><select class="inp" aria-label=${t("hold.which")} value=${point.thread} onChange=${(event) => choose(event.currentTarget.value)}>
        ${points.map((one) => html`<option key=${one.thread} value=${one.thread}>${one.thread}</option>`)}</select>${icon("downc")}</span></span></div>
    <p class="under-h"><code>${point.function}()</code> <a class="mono" href=${href(server, "code", { line: point.line })}>${point.line}</a></p>
    ${names.length ? html`<dl>${names.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>` : html`<p class="nothing">${t("code.locals.none")}</p>`}
  </section>`;
}

function Stands({ server, code }) {
  const places = crowded(code);
  return html`<section class="panel stands" aria-labelledby="stands-h"><div class="pn-h"><h2 id="stands-h">${t("code.stands")}</h2></div>
    ${places.length
      ? html`<ul>${places.map(
          ({ line, function: name, count, call, longest_s: longest, at_least: least, peers, tasks }) => html`<li key=${line}><span class="k k-${toneOf({ call, longest_s: longest })}">${nf(count + tasks)}</span>
            <div><a class="mono" href=${href(server, "code", { line })}>${line}</a> <span class="muted mono">${name}</span>
              <p class="soft">${call ? html`<code>${call}()</code>` : t(count ? "code.computes" : "code.suspended")}${typeof longest === "number" && html`, ${t("code.longest", { v: stood(longest, least) })}`}${tasks > 0 && html`, ${t("code.tasks", { n: tasks })}`}</p>
              ${peers?.length > 0 && html`<p class="muted mono peers">${peers.join(", ")}</p>`}</div>
            <a class="btn gh sm ib" href=${href(server, "threads", { line })} aria-label=${t("code.tothreads", { l: line })} title=${t("code.tothreads", { l: line })}>${icon("right")}</a></li>`,
        )}</ul>`
      : html`<p class="nothing">${t(running(server) ? "code.stands.none" : "see.code")}</p>`}</section>`;
}
