/* The states of a program, drawn from the dashboard's own table: where it is, and how it came there. */
import { html, icon, useEffect, useNow, useRef, useState } from "../../kit.js";
import { clock, dur, hands, t, thousandths } from "../../i18n.js";
import { Empty } from "../shell/not_running.js";
import { leaving, picture, roleOf, taken } from "../../model/life.js";

const WIDTH = 560;
const LEAST = 240;
const LAYERS = ["rest", "open", "came"]; // of the arrows, the last one on top

const stateName = (state) => t(`life.s.${state}`);
const eventName = (event) => t(`life.e.${event.replaceAll(" ", "_")}`);

export function Life({ state, name, actions }) {
  const life = state.life[name];
  if (!life) return null;
  const table = state.lifecycle;
  return html`<div class="g-life">
    <section class="panel" aria-labelledby="life-h"><div class="pn-h"><h2 id="life-h">${t("life.h")}</h2>
        <span class="r"><${Now} life=${life}/></span></div>
      <div class="pn-b"><${Picture} table=${table} life=${life}/></div>
      <${Next} edges=${leaving(table, life.state)}/></section>
    <section class="panel" aria-labelledby="moves-h"><div class="pn-h"><h2 id="moves-h">${t("life.moves")}</h2></div>
      <${Moves} moves=${life.moves}><${Empty} state=${state} name=${name} sees=${t("see.life")} actions=${actions}/><//></section>
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
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const { height, nodes, arrows } = picture(table, width, rem);
  const roles = arrows.map((arrow) => ({ arrow, role: roleOf(arrow, life) })).sort((a, b) => LAYERS.indexOf(a.role) - LAYERS.indexOf(b.role));
  return html`<div class="life" ref=${place} style=${{ height: `${height}px` }} role="img" aria-label=${t("life.alt", { s: stateName(life.state) })}>
      <svg width=${width} height=${height} viewBox="0 0 ${width} ${height}">${roles.map(
        ({ arrow, role }) => html`<g class="way ${role}" key=${`${arrow.from} ${arrow.to}`}><path d=${arrow.d}/><path class="head" d=${arrow.head}/></g>`,
      )}</svg>
      ${nodes.map((node) => html`<${Node} key=${node.state} node=${node} table=${table} life=${life}/>`)}</div>
    <ul class="life-key">${LAYERS.toReversed().map((role) => html`<li key=${role}><i class=${role}></i>${t(`life.way.${role}`)}</li>`)}</ul>`;
}

/* A state: the present one says how it was reached, those within reach say by which events. */
function Node({ node: { state, x, y, w, h }, table, life }) {
  const last = life.moves.at(-1);
  const here = state === life.state;
  const events = leaving(table, life.state).filter(({ to }) => to === state).map(({ event }) => eventName(event));
  const words = here ? last && `${eventName(last.event)} · ${clock(last.at)}` : events.join(", ");
  const box = { left: `${x - w / 2}px`, top: `${y - h / 2}px`, width: `${w}px`, height: `${h}px` };
  return html`<div class="node ${here ? `here p-${state.toLowerCase()}` : events.length ? "open" : ""}" style=${box}>
    <b>${stateName(state)}</b>${words && html`<span>${words}</span>`}</div>`;
}

/* The same in words. */
const Next = ({ edges }) =>
  html`<div class="pn-b next"><h3>${t("life.next")}</h3><ul>${edges.map(
    ({ event, to }) => html`<li key=${event}>${eventName(event)} ${icon("arrow")} ${stateName(to)}</li>`,
  )}</ul></div>`;

/* The newest first; the children where there is none. */
function Moves({ moves, children }) {
  if (!moves.length) return html`<div class="nothing">${children}</div>`;
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
