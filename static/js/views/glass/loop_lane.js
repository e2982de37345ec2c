/* One lane of the board: its exact count, and its tasks as cards, tokens or squares. */
import { html, icon, useLayoutEffect, useRef } from "../../kit.js";
import { dur, nf, t } from "../../i18n.js";
import { AGES, SIGN, TONE, ageClass, drawing, squares, tokensOf } from "../../model/loop.js";

const TITLES = { ready: "lp.ready", reading: "lp.read", writing: "lp.write", sleeping: "lp.timers", waiting: "loop.else" };
const STATES = { ready: "sk.ready", reading: "sk.read", writing: "sk.write", sleeping: "sk.timer", waiting: "loop.sk.else" };
/* From here on names stand closer together. */
const DENSE = 24;
const IN_ONE_LINE = 3;
const OPACITY = [0.3, 0.45, 0.6, 0.8, 1];

/** `room`: how many tasks are drawn as cards and as names. `children`: the lane's foot. */
export function Lane({ loop, lane, room, choose, chosen, children }) {
  const count = loop[lane];
  const tone = TONE[lane];
  const tokens = tokensOf(loop, lane);
  const how = drawing(count, tokens && tokens.length === count, room);
  return html`<section class="lane k-${tone} lane-${lane}" data-lane=${lane} aria-labelledby=${`ln-${lane}`}>
    <header><h2 id=${`ln-${lane}`}>${icon(SIGN[lane])}${t(TITLES[lane])}</h2>
      ${lane === "ready" && loop.ready_max > count && html`<small>${t("lp.max", { n: loop.ready_max })}</small>`}
      <span class="n">${nf(count)}</span></header>
    <div class="bd">${how === "empty" && html`<p class="nil">${t(lane === "ready" ? "lp.empty.ready" : "lp.empty.lane", { v: loop.selector })}</p>`}
      ${(how === "cards" || how === "tokens") &&
      html`<div class="toks ${lane === "ready" ? "fifo" : ""} ${count > DENSE ? "dense" : ""}">${tokens.map((token, index) =>
        how === "cards"
          ? html`<${Card} key=${token[0]} token=${token} lane=${lane} first=${index === 0} choose=${choose} chosen=${chosen}/>`
          : html`<${Token} key=${token[0]} token=${token} lane=${lane} choose=${choose} chosen=${chosen}/>`,
      )}</div>`}
      ${how === "squares" && html`<${Squares} count=${count} lane=${lane} ages=${loop.ages?.[lane]}/>`}
      ${children}</div></section>`;
}

/** A lane in one line: its count, and its first tasks where their names are known. */
export function SlimLane({ loop, lane, choose, chosen }) {
  const tokens = tokensOf(loop, lane) ?? [];
  return html`<section class="lane slim k-${TONE[lane]} lane-${lane}" data-lane=${lane} aria-labelledby=${`ln-${lane}`}>
    <header><h2 id=${`ln-${lane}`}>${icon(SIGN[lane])}${t(TITLES[lane])}</h2>${tokens.slice(0, IN_ONE_LINE).map(
      (token) => html`<${Token} key=${token[0]} token=${token} lane=${lane} choose=${choose} chosen=${chosen}/>`,
    )}<span class="n">${nf(loop[lane])}</span></header></section>`;
}

const label = ([, , , about, peer]) => (about === "accept" ? t("lp.listener") : port(peer));
const port = (peer) => (peer ? `:${peer.split(":").at(-1)}` : "");
const spoken = ([id, , ms], lane) => `#${id} ${t(STATES[lane])}, ${dur(ms)}`;

function Card({ token, lane, first, choose, chosen }) {
  const [id, , ms, about] = token;
  const next = first && lane === "ready";
  return html`<button type="button" class="tok big k-${TONE[lane]} ${chosen === id ? "chosen" : ""}" data-id=${id}
    aria-label=${spoken(token, lane)} onClick=${() => choose(id)}>
    ${icon(about === "accept" ? "ear" : next ? "arrow" : SIGN[lane])}<span><b>#${id}</b> ${about}</span>
    <em><span>${label(token)}</span><span>${next && html`<b>${t("lp.next")}</b> `}${dur(ms)}</span></em></button>`;
}

function Token({ token, lane, choose, chosen }) {
  const [id, , ms, about, peer] = token;
  const accept = about === "accept";
  return html`<button type="button" class="tok k-${TONE[lane]} ${chosen === id ? "chosen" : ""}" data-id=${id}
    aria-label=${spoken(token, lane)} title=${`${about} ${peer} ${dur(ms)}`} onClick=${() => choose(id)}>
    ${accept && icon("ear")}#${id}${accept && html` <small>accept</small>`}</button>`;
}

/* No node per task: one canvas. Brighter is older, in the classes of the exact histogram. */
function Squares({ count, lane, ages }) {
  const canvas = useRef(null);
  const caption = useRef(null);
  const scale = useRef(0);
  useLayoutEffect(() => {
    const board = canvas.current;
    const { width, height } = board.parentElement.getBoundingClientRect();
    if (!width || !height) return;
    const field = squares(count, width, height, scale.current);
    scale.current = field.per;
    paint(board, field, count, ages ?? [count, 0, 0, 0, 0], width, height);
    caption.current.textContent = field.per === 1 ? t("lp.cell1") : t("lp.cell", { n: field.per });
  });
  return html`<div class="wrapw k-${TONE[lane]}"><canvas ref=${canvas} role="img"
      aria-label=${`${t(TITLES[lane])}: ${nf(count)}`}></canvas></div>
    <p class="cap k-${TONE[lane]}"><span ref=${caption}></span>
      <span><i class="a1"></i><i class="a2"></i><i></i> ${t("lp.older")}</span></p>`;
}

function paint(canvas, { size, columns, per }, count, ages, width, height) {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = getComputedStyle(canvas.parentElement).getPropertyValue("--f").trim();
  const cells = Math.ceil(count / per);
  for (let cell = 0; cell < cells; cell += 1) {
    pen.globalAlpha = OPACITY[ageClass(ages, cell * per)];
    pen.fillRect((cell % columns) * (size + 2), Math.floor(cell / columns) * (size + 2), size, size);
  }
}

/** How long the tasks of a lane have been in it: exact at any number. */
export function Ages({ ages, lane }) {
  if (!ages) return null;
  const most = Math.max(1, ...ages);
  return html`<ul class="ages k-${TONE[lane]}" aria-label=${t("lp.age")}>${AGES.map(
    ([limit, unit], index) => html`<li key=${limit}><i style=${{ "--p": `${ages[index] ? Math.max(6, (ages[index] / most) * 100) : 0}%` }}></i>
      <b>${nf(ages[index])}</b><span>${limit} ${t(`u.${unit}`)}</span></li>`,
  )}</ul>`;
}
