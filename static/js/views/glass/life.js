/* The states of a program, drawn from the dashboard's own table: where it is, and how it came there. */
import { html, icon, useEffect, useNow, useRef, useState } from "../../kit.js";
import { clock, dur, hands, t, thousandths } from "../../i18n.js";
import { leaving, picture, taken } from "../../model/life.js";

const WIDTH = 560;
const LEAST = 240;
const NARROW = 480; // words at the lines have no room

const stateName = (state) => t(`life.s.${state}`);
const eventName = (event) => t(`life.e.${event.replaceAll(" ", "_")}`);

export function Life({ state, name }) {
  const life = state.life[name];
  if (!life) return null;
  const table = state.lifecycle;
  return html`<div class="g-life">
    <section class="panel" aria-labelledby="life-h"><div class="pn-h"><h2 id="life-h">${t("life.h")}</h2>
        <span class="r"><${Now} life=${life}/></span></div>
      <div class="pn-b"><${Picture} table=${table} life=${life}/></div>
      <${Next} edges=${leaving(table, life.state)}/></section>
    <section class="panel" aria-labelledby="moves-h"><div class="pn-h"><h2 id="moves-h">${t("life.moves")}</h2></div>
      <${Moves} moves=${life.moves}/></section>
    <details class="panel more"><summary>${t("life.all")}</summary><${Edges} table=${table} moves=${life.moves}/></details>
  </div>`;
}

function Now({ life }) {
  const now = useNow();
  return html`<span>${stateName(life.state)} <span class="mono">${hands(Math.max(0, Math.floor(life.since_s + now - life.at)))}</span></span>`;
}

function Picture({ table, life }) {
  const place = useRef(null);
  const [width, setWidth] = useState(WIDTH);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(LEAST, Math.round(entry.contentRect.width))));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  const { height, nodes, arrows } = picture(table, width);
  const gone = taken(life.moves);
  const last = life.moves.at(-1);
  return html`<div ref=${place}><svg class="life" width=${width} height=${height} viewBox="0 0 ${width} ${height}" role="img"
      aria-label=${t("life.alt", { s: stateName(life.state) })}>
    ${arrows.map((arrow) => html`<${Arrow} key=${arrow.d} arrow=${arrow} move=${newest(arrow, gone)} last=${last} open=${arrow.from === life.state}/>`)}
    ${width >= NARROW && arrows.map((arrow) => html`<${Words} key=${arrow.d} arrow=${arrow} move=${newest(arrow, gone)} open=${arrow.from === life.state}/>`)}
    ${nodes.map((node) => html`<${Node} key=${node.state} node=${node} here=${node.state === life.state}/>`)}
  </svg></div>`;
}

/* The newest move along any edge of an arrow. */
const newest = ({ from, events }, gone) =>
  events.map((event) => gone[`${from} ${event}`]).reduce((best, move) => (move && (!best || move.number > best.number) ? move : best), undefined);

function Arrow({ arrow: { d, head }, move, last, open }) {
  const way = move && move === last ? "newest" : move ? "was" : open ? "may" : "";
  return html`<g class="way ${way}"><path d=${d}/><path class="head" d=${head}/></g>`;
}

/* The events of the edges that leave the state, and when an edge was taken last. */
function Words({ arrow: { events, x, y }, move, open }) {
  if (!open && !move) return null;
  const words = open ? events.map(eventName).join(", ") : eventName(move.event);
  return html`<text class=${open ? "open" : ""} x=${x} y=${move ? y - 3 : y + 4}>${words}${move && html`<tspan class="mono" x=${x} dy="14">${clock(move.at)}</tspan>`}</text>`;
}

const Node = ({ node: { state, x, y, w, h }, here }) =>
  html`<g class="node ${here ? `here p-${state.toLowerCase()}` : ""}"><rect x=${x - w / 2} y=${y - h / 2} width=${w} height=${h} rx="6"/>
    <text x=${x} y=${y + 4}>${stateName(state)}</text></g>`;

/* The same in words. */
const Next = ({ edges }) =>
  html`<div class="pn-b next"><h3>${t("life.next")}</h3><ul>${edges.map(
    ({ event, to }) => html`<li key=${event}>${eventName(event)} ${icon("arrow")} ${stateName(to)}</li>`,
  )}</ul></div>`;

function Moves({ moves }) {
  if (!moves.length) return html`<p class="nothing">${t("life.none")}</p>`;
  return html`<ol class="moves" tabindex="0" aria-labelledby="moves-h">${[...moves].reverse().map(
    (move) => html`<li key=${move.number}><time>${clock(move.at)}<small>${thousandths(move.at)}</small></time>
      <span><b>${eventName(move.event)}</b><span class="soft">${stateName(move.from)} ${icon("arrow")} ${stateName(move.to)}</span></span>
      <span class="muted">${t("life.stayed", { d: dur(move.stayed_s * 1000) })}</span></li>`,
  )}</ol>`;
}

function Edges({ table, moves }) {
  const gone = taken(moves);
  return html`<div class="tw" tabindex="0" role="region" aria-label=${t("life.all")}><table><thead><tr>${["from", "event", "to", "last"].map((column) => html`<th key=${column} scope="col">${t(`life.c.${column}`)}</th>`)}</tr></thead>
    <tbody>${table.edges.map(({ from, event, to }) => {
      const move = gone[`${from} ${event}`];
      return html`<tr key=${`${from} ${event}`}><td>${stateName(from)}</td><td>${eventName(event)}</td><td>${stateName(to)}</td>
        <td class="mono">${move ? clock(move.at) : "–"}</td></tr>`;
    })}</tbody></table></div>`;
}
