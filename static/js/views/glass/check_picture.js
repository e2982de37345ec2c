/* What happened in a probe, as a sequence chart: the dashboard lays it out, this draws it. */
import { html } from "../../kit.js";

const HEAD = 5;

export const Picture = ({ chart }) =>
  html`<svg class="pic" viewBox="0 0 ${chart.width} ${chart.height}" role="img" aria-label=${chart.text} style=${{ "--wide": `${chart.width / 16}rem` }}>
    ${chart.lanes.map((lane, index) => html`<${Lane} key=${index} lane=${lane} bottom=${chart.height - 8}/>`)}
    ${chart.marks.map((mark, index) => html`<g key=${index}><text class="at" x="2" y=${mark.y + 4}>${mark.at}</text>${draw(mark, chart.width)}</g>`)}
  </svg>`;

const Lane = ({ lane: { name, x, ends }, bottom }) =>
  html`<text class="lane" x=${x} y="14">${name}</text><path class="lane" d="M${x} 22V${ends ?? bottom}"/>
    ${ends !== null && html`<path class="lane gone" d="M${x} ${ends}V${bottom}"/>`}`;

function draw(mark, width) {
  const { kind, y, x, label } = mark;
  if (kind === "arrow") return arrow(mark);
  if (kind === "bar") return html`<rect class="wait" x=${x - 4} y=${y} width="8" height=${mark.height}/>${beside(x, y + 8, label, width)}`;
  if (kind === "cross") return html`${cross(x, y)}${beside(x, y + 4, label, width, "err")}`;
  return html`<text x=${width / 2} y=${y + 4}>${label}</text>`;
}

function arrow({ y, from, to, tone, label, bytes, dashed, cross: crossed }) {
  const back = to < from ? HEAD : -HEAD;
  const middle = (from + to) / 2;
  return html`<path class="${tone} ${dashed ? "dashed" : ""}" d="M${from} ${y}H${to}"/>
    ${crossed && cross(from + (to - from) * 0.8, y)}
    <path class=${tone} d="M${to + back} ${y - HEAD}L${to} ${y}L${to + back} ${y + HEAD}"/>
    <text class=${bytes ? "bytes" : ""} x=${middle} y=${y - 7}>${label}</text>`;
}

const cross = (x, y) => html`<path class="err" d="M${x - 6} ${y - 6}l12 12M${x + 6} ${y - 6}l-12 12"/>`;

/* Words at the side of a lane that has room. */
function beside(x, y, words, width, cls = "") {
  const right = x > width * 0.75;
  return html`<text class="${cls} ${right ? "to" : "from"}" x=${right ? x - 12 : x + 12} y=${y}>${words}</text>`;
}
