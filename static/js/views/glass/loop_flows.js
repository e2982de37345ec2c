/* The lines between lanes, source and gate, drawn along the real boxes. */
import { html, useLayoutEffect, useRef, useState } from "../../kit.js";
import { flowWidth, moved } from "../../model/loop.js";

const COLOURS = { reading: "var(--in-fill)", writing: "var(--out-fill)", sleeping: "var(--idle-fill)", waiting: "var(--idle-fill)" };
const WIDE = "(min-width: 1280px)";

/** Lines over the board that `board` refers to; measured anew with each frame, drawn when it moved. */
export function Flows({ board, loop }) {
  const [shapes, setShapes] = useState([]);
  const drawn = useRef("");
  useLayoutEffect(() => {
    const next = matchMedia(WIDE).matches && board.current ? measure(board.current, loop) : [];
    const key = JSON.stringify(next);
    if (key === drawn.current) return;
    drawn.current = key;
    setShapes(next);
  });
  return html`<svg class="flowsvg" aria-hidden="true">${shapes.map((shape, index) => html`<${Shape} key=${index} ...${shape}/>`)}</svg>`;
}

function Shape({ d, colour, width, arrow, still }) {
  if (arrow) return html`<path d=${d} fill=${colour}/>`;
  if (still) return html`<path d=${d} fill="none" stroke=${colour} stroke-width="1.5"/>`;
  if (width < 1.5) return html`<path d=${d} fill="none" stroke="var(--line-2)" stroke-width="1.5" stroke-dasharray="2 4"/>`;
  return html`<g fill="none" stroke=${colour} stroke-width=${width} stroke-linecap="round">
    <path d=${d} opacity=".28"/><path class="fl" d=${d} stroke-dasharray=${`1 ${width * 3 + 4}`}/></g>`;
}

function measure(board, loop) {
  const origin = board.getBoundingClientRect();
  const box = (element) => {
    const r = element.getBoundingClientRect();
    const round = (value) => Math.round(value * 2) / 2;
    return {
      left: round(r.left - origin.left),
      right: round(r.right - origin.left),
      top: round(r.top - origin.top),
      bottom: round(r.bottom - origin.top),
      middle: round((r.top + r.bottom) / 2 - origin.top),
      centre: round((r.left + r.right) / 2 - origin.left),
    };
  };
  const at = (selector) => box(board.querySelector(selector));
  const run = at(".runbox");
  const shapes = [];
  const line = (d, colour, count) => shapes.push({ d, colour, width: flowWidth(count) });
  const arrow = (d, colour) => shapes.push({ d, colour, arrow: true });
  fromReady(at('[data-lane="ready"]'), run, at(".runbox>header"), loop, line, arrow);
  fromYields(board, run, box, at, line, arrow);
  throughGate(at, loop, line, arrow, (d) => shapes.push({ d, colour: "var(--line-2)", still: true }));
  return shapes;
}

function fromReady(ready, run, header, loop, line, arrow) {
  const y = header.middle;
  line(`M${ready.right} ${y}H${run.left - 6}`, "var(--ready-fill)", moved(loop, "ready", "running"));
  arrow(`M${run.left - 8} ${y - 4.5}L${run.left - 1} ${y}L${run.left - 8} ${y + 4.5}z`, "var(--ready-fill)");
}

function fromYields(board, run, box, at, line, arrow) {
  for (const chip of board.querySelectorAll("[data-yield]")) {
    const count = Number(chip.dataset.count);
    const from = box(chip);
    if (!count || !board.querySelector(`[data-lane="${chip.dataset.yield}"]`) || from.top < run.top || from.bottom > run.bottom) continue;
    const lane = at(`[data-lane="${chip.dataset.yield}"]`);
    const y = Math.max(lane.top + 20, Math.min(lane.bottom - 16, from.middle));
    const bend = (run.right + lane.left) / 2;
    const colour = COLOURS[chip.dataset.yield];
    const d = `M${from.right + 2} ${from.middle}H${run.right}C${bend + 6} ${from.middle} ${bend - 6} ${y} ${lane.left - 6} ${y}`;
    line(d, colour, count);
    arrow(`M${lane.left - 8} ${y - 4.5}L${lane.left - 1} ${y}L${lane.left - 8} ${y + 4.5}z`, colour);
  }
}

function throughGate(at, loop, line, arrow, still) {
  const ready = at('[data-lane="ready"]');
  const gate = at(".gate");
  const lanes = ["reading", "writing", "sleeping"].map((lane) => at(`[data-lane="${lane}"]`));
  const x = lanes[0].right + 8;
  for (const { right, middle } of lanes) still(`M${right} ${middle}H${x - 4}Q${x} ${middle} ${x} ${middle + 4}`);
  still(`M${x} ${lanes[0].middle + 4}V${gate.top - 6}`);
  arrow(`M${x - 4.5} ${gate.top - 8}L${x} ${gate.top - 1}L${x + 4.5} ${gate.top - 8}z`, "var(--line-ctl)");
  const woken = moved(loop, "reading", "ready") + moved(loop, "writing", "ready") + moved(loop, "sleeping", "ready");
  line(`M${ready.centre} ${gate.top}V${ready.bottom + 7}`, "var(--ready-fill)", woken);
  arrow(`M${ready.centre - 4.5} ${ready.bottom + 8}L${ready.centre} ${ready.bottom + 1}L${ready.centre + 4.5} ${ready.bottom + 8}z`, "var(--ready-fill)");
}
