/* A lane a thread, the last seconds from left to right; the locks above them. */
import { html, icon, useLayoutEffect, useMemo, useRef } from "../../kit.js";
import { dur, nf, stood, t } from "../../i18n.js";
import { doing } from "../../model/threads.js";
import { paintLane, paintLock, palette } from "./threads_paint.js";
import { sign, standing } from "./threads_words.js";

const TICKS = 4;
const LEGEND = ["in", "wait", "run", "lock", "hold", "out", "unseen"];
const GONE_SHOWN = 8;

/** `lanes`: as model/threads.js gives them. `at`: Unix seconds at the right edge. `thin`: rows without names. */
export function Lanes({ lanes, rows, locks, holds, at, span, thin, theme, lang }) {
  const board = useRef(null);
  const colours = useMemo(() => ({ of: null, theme }), [theme]);
  useLayoutEffect(() => {
    const style = getComputedStyle(board.current);
    colours.of ??= palette((name) => style.getPropertyValue(name).trim());
    for (const canvas of board.current.querySelectorAll("canvas")) paint(canvas, colours.of, { lanes, holds, at, span });
  });
  const held = locks.filter(({ id }) => holds.some(({ lock, to }) => lock === id && at - to < span));
  return html`<div class="lanes-b ${thin ? "thin" : ""}" ref=${board} lang=${lang}><div class="ax" aria-hidden="true"><span></span><div>${Array.from(
      { length: TICKS + 1 }, (_, index) => html`<span key=${index}>${index === TICKS ? t("lp.now") : `−${dur(((TICKS - index) * span * 1000) / TICKS)}`}</span>`)}</div></div>
    ${held.map((lock) => html`<div class="tln lockln" key=${`lock${lock.id}`}><div class="nm">${icon("lock")}<b>${lock.kind}</b><code>${lock.line}</code></div>
      <canvas data-lock=${lock.id} role="img" aria-label=${t("thr.lock.lane", { k: lock.kind, l: lock.line, h: lock.holder ?? t("thr.free") })}></canvas></div>`)}
    <ul aria-label=${t("tab.threads")}>${rows.map((row) => html`<${Row} key=${row.name} row=${row} segments=${lanes.get(row.name) ?? []} thin=${thin}/>`)}</ul>
    <${Gone} lanes=${lanes} rows=${rows}/>
    <ul class="legend" aria-label=${t("thr.legend")}>${LEGEND.map((kind) => html`<li key=${kind}>${sign(kind)}${t(`thr.leg.${kind}`)}</li>`)}</ul></div>`;
}

function Row({ row, segments, thin }) {
  const words = `${row.name}: ${standing(row)}${row.waited_s ? `, ${stood(row.waited_s, row.at_least)}` : ""}${row.line ? `, ${row.line}` : ""}`;
  return html`<li class="tln" title=${thin ? words : undefined}>
    <div class="nm">${thin ? html`<span class="sr">${row.name}</span>` : html`<b>${row.name}</b><code class="d-${doing(row)}">${standing(row)}</code>`}</div>
    <canvas data-lane=${row.name} role="img" aria-label=${`${words}. ${t("thr.calls", { n: segments.filter(({ n }) => n).length })}`}></canvas></li>`;
}

/* Threads that have ended within the picture. */
function Gone({ lanes, rows }) {
  const alive = new Set(rows.map(({ name }) => name));
  const names = [...lanes.keys()].filter((name) => !alive.has(name));
  if (!names.length) return null;
  return html`<ul class="gone" aria-label=${t("thr.ended")}>${names.slice(-GONE_SHOWN).map((name) => html`<li class="tln" key=${name}>
      <div class="nm"><b>${name}</b><code>${t("thr.ended.1")}</code></div><canvas data-lane=${name} role="img" aria-label=${`${name}: ${t("thr.ended.1")}`}></canvas></li>`)}
    ${names.length > GONE_SHOWN && html`<li class="muted more">${t("thr.ended.n", { n: nf(names.length - GONE_SHOWN) })}</li>`}</ul>`;
}

function paint(canvas, colours, { lanes, holds, at, span }) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return;
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const field = { pen, width, height, x: (moment) => width - ((at - moment) / span) * width };
  const { lane, lock } = canvas.dataset;
  if (lock) paintLock(field, colours, holds.filter((one) => String(one.lock) === lock));
  else paintLane(field, colours, lanes.get(lane) ?? [], holds.filter((one) => one.holder === lane));
}
