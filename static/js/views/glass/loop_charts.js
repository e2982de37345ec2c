/* A minute of the loop: depth of the lanes, duration of ticks, lag, utilization. Hovering one
   shows the same moment in all: its figures stand in the legends. */
import uPlot from "../../../vendor/uplot.js";
import { html, useEffect, useRef, useState } from "../../kit.js";
import { dur, nf, percent, t } from "../../i18n.js";
import { recent } from "../../model/loop.js";

const HEIGHT = 124;
const DRAW_MS = 1000;
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const us = (value) => (value === null || value === undefined ? "" : dur(value / 1000));
const seconds = (at) => (Math.round(at) ? `−${nf(Math.round(-at))}\u00a0${t("u.s")}` : t("lp.now"));

/* `least`: the top of an axis without values, so that its marks differ. */
const CHARTS = [
  { key: "lp.c.depth", least: 1, incrs: WHOLE, fmt: (value) => nf(value), lines: [
      ["reading", "sk.read", "--in-fill"], ["writing", "sk.write", "--out-fill", [6, 3]], ["ready", "sk.ready", "--ready-fill", [2, 2.5]]] },
  { key: "lp.c.tick", least: 100, fmt: us, lines: [["tick_p50_us", "p50", "--run-fill"], ["tick_p99_us", "p99", "--run", [4, 3]]] },
  { key: "lp.c.lag", least: 100, fmt: us, lines: [["lag_us", "lp.c.lag.max", "--accent"]] },
  { key: "lp.c.use", least: 0.01, fmt: percent, lines: [["utilization", "lp.c.use.l", "--run-fill"]] },
];

export function Charts({ series, theme, lang }) {
  return html`<div class="charts">${CHARTS.map(
    (chart) => html`<${Chart} key=${`${chart.key}/${theme}/${lang}`} chart=${chart} series=${series}/>`,
  )}</div>`;
}

function Chart({ chart, series }) {
  const place = useRef(null);
  const newest = useRef(series);
  newest.current = series;
  const [moment, setMoment] = useState(null);
  useEffect(() => follow(place.current, chart, newest, setMoment), []);
  const last = (name) => series[name].at(-1);
  const say = (value) => (value === undefined ? "" : chart.fmt(value));
  return html`<section class="panel ck"><h2>${t(chart.key)}${moment && html`<b>${seconds(moment.at)}</b>`}</h2>
    <ul class="lgd">${chart.lines.map(([name, label, colour, dash], index) => html`<li key=${name}>
      <svg viewBox="0 0 18 8" aria-hidden="true"><path d="M0 4h18" stroke=${`var(${colour})`} stroke-width="2.5" stroke-dasharray=${dash?.join(" ")}/></svg>
      ${t(label)} <b>${say(moment ? moment.values[index] : last(name))}</b></li>`)}</ul>
    <div class="chart" ref=${place} role="img" aria-label=${`${t(chart.key)}: ${chart.lines
      .map(([name, label]) => `${t(label)} ${say(last(name))}`).join(", ")}`}></div></section>`;
}

/* One plot, redrawn once a second and when its place changes its width; `tell` hears what is pointed at. */
function follow(place, chart, newest, tell) {
  const names = chart.lines.map(([name]) => name);
  const plot = new uPlot({ ...options(chart, place.clientWidth), hooks: { setCursor: [(plot) => tell(pointed(plot))] } }, recent(newest.current, names), place);
  const timer = setInterval(() => !document.hidden && plot.setData(recent(newest.current, names)), DRAW_MS);
  const sizes = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
  sizes.observe(place);
  return () => {
    clearInterval(timer);
    sizes.disconnect();
    plot.destroy();
  };
}

/* {at, values} under the pointer, or null. */
function pointed({ cursor: { idx }, data: [at, ...lines] }) {
  return idx === null || idx === undefined ? null : { at: at[idx], values: lines.map((values) => values[idx]) };
}

function options(chart, width) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--text-3"), font: `12px ${style.getPropertyValue("--sans")}`, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: "loop" }, y: false, drag: { x: false } },
    scales: { x: { time: false, range: [-60, 0] }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, chart.least)] } },
    axes: [
      { ...axis, size: 28, gap: 8, grid: { show: false }, splits: [-60, -30, 0],
        values: (_, splits) => splits.map(seconds) },
      { ...axis, size: 62, grid: { stroke: colour("--grid"), width: 1 }, space: 30, incrs: chart.incrs, values: (_, splits) => splits.map(chart.fmt) },
    ],
    series: [{}, ...chart.lines.map(([, , name, dash], index) => ({
      stroke: colour(name), width: 1.75, dash, points: { show: false }, spanGaps: true,
      fill: index === 0 ? `${colour(name)}1f` : undefined }))],
  };
}
