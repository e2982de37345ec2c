/* The event loop, live: the place of every task, its cost, and the fate of a slow one. */
import { Button, Mini, html, icon, useEffect, useNow, useRef, useState } from "../../kit.js";
import { dur, hands, nf, t } from "../../i18n.js";
import { lanesOf } from "../../model/loop.js";
import { NO_LOOP, tasksOf } from "../../model/reducer.js";
import { running } from "../../model/selectors.js";
import { Charts } from "./loop_charts.js";
import { Flows } from "./loop_flows.js";
import { FrameCard } from "./loop_frame.js";
import { Gate } from "./loop_gate.js";
import { Ages, Lane, SlimLane } from "./loop_lane.js";
import { Experiments } from "./experiments.js";
import { RunBox, useSource } from "./loop_source.js";
import { Tasks } from "./loop_tasks.js";
import { Ticks } from "./loop_ticks.js";
import { Warnings } from "./loop_warnings.js";
import { Empty } from "../shell/not_running.js";
import { reason } from "../shell/reasons.js";

const SUMMARY_MS = 5000;
const DEPTH_POINTS = 60;

export function Loop({ state, actions, name }) {
  const server = state.servers[name];
  const [chosen, choose] = useState(null);
  const up = running(server);
  const looked = state.loops[name] ?? NO_LOOP;
  const source = useSource(actions, server, looked.asks);
  const table = tasksOf(state, name);
  const loop = up ? looked.frame?.loop : null;
  const until = (place) => actions.hold(name, { action: "step", until: place }).catch(actions.fail);
  return html`<div class="stack">${server.own ? html`<${Experiments} state=${state} name=${name} actions=${actions}/>`
      : html`<${Clients} state=${state} server=${server} loop=${loop} actions=${actions}/>`}
    ${loop && html`<${Board} loop=${loop} state=${looked} source=${source} chosen=${chosen} choose=${choose}/>
      ${loop.kind !== "tasks" && html`<p class="notice">${icon("info")}<span>${t(`loop.seen.${loop.kind}`)}</span></p>`}
      <${Summary} loop=${loop}/>
      <${Warnings} known=${looked.alarms} server=${server}/>
      <${FrameCard} id=${chosen} rows=${table?.rows ?? []} server=${server} paused=${loop.paused} off=${reason(state, "change")} until=${server.own ? null : until} close=${() => choose(null)}/>
      <${Ticks} ticks=${loop.ticks_timed ?? []}/>
      <${Charts} series=${looked.series} theme=${state.prefs.theme} lang=${state.lang}/>
      <${Tasks} table=${table} loop=${loop} chosen=${chosen} choose=${choose}/>`}
    ${!loop && html`<section class="panel"><div class="nothing board-wait">${up ? t("lp.wait")
      : html`<${Empty} state=${state} name=${name} sees=${t("see.loop")} actions=${actions}/>`}</div></section>`}</div>`;
}

function Board({ loop, state, source, chosen, choose }) {
  const board = useRef(null);
  const lane = (name, cards, names, children) =>
    html`<${Lane} loop=${loop} lane=${name} room=${{ cards, names }} choose=${choose} chosen=${chosen}>${children}<//>`;
  return html`<section class="panel" aria-label=${t("lp.h")}><div class="board" ref=${board}>
    ${lane("ready", 6, 44, html`<div class="depth"><span>${t("lp.c.depth")}, ${t("c.last60")}</span>
      <${Mini} values=${thin(state.series.ready)} tone="ready" height=${36}/></div>`)}
    <${RunBox} loop=${loop} longest=${state.longest} asks=${state.asks} source=${source}/>
    <div class="lanes">
      ${lane("reading", 4, 56, loop.tasks >= 10 && html`<${Ages} ages=${loop.ages?.reading} lane="reading"/>`)}
      ${lane("writing", 2, 16)}
      <${SlimLane} loop=${loop} lane="sleeping" choose=${choose} chosen=${chosen}/>
      ${lanesOf(loop).includes("waiting") && html`<${SlimLane} loop=${loop} lane="waiting" choose=${choose} chosen=${chosen}/>`}
    </div>
    <${Gate} loop=${loop}/><${Flows} board=${board} loop=${loop}/></div></section>`;
}

/* A minute of ten points a second as sixty bars, the highest of each second. */
function thin(values) {
  const step = Math.ceil(values.length / DEPTH_POINTS) || 1;
  const bars = [];
  for (let index = 0; index < values.length; index += step) bars.push(Math.max(...values.slice(index, index + step)));
  return [...Array(Math.max(0, DEPTH_POINTS - bars.length)).fill(0), ...bars];
}

/* Clients of every number, how far they are, and what they cost the loop. */
function Clients({ state, server, loop, actions }) {
  const [sending, setSending] = useState(false);
  const off = reason(state, "start") || (running(server) ? "" : t("off.notrunning"));
  const send = async (kind, n) => {
    setSending(true);
    await actions.api("POST", `/api/experiments/${server.name}`, { kind, n }).catch(actions.fail);
    setSending(false);
  };
  const more = (n) => html`<${Button} key=${n} icon="plus" label=${nf(n)} busy=${sending} off=${off}
    aria-label=${t("lp.send.n", { n })} onClick=${() => send("clients", n)}/>`;
  return html`<div class="ctlbar" role="toolbar" aria-label=${t("lp.send")}>
    <div class="grp scr"><span class="lbl">${t("lp.send")}</span>${[1, 50, 1000].map(more)}
      <${Button} icon="hour" label=${t("lp.slowbtn")} aria-label=${t("lp.slow")} busy=${sending} off=${off} onClick=${() => send("slow", 1)}/></div>
    ${server.experiment && html`<${Progress} name=${server.name} off=${reason(state, "change")} experiment=${server.experiment} skew_s=${state.skew_s} actions=${actions}/>`}
    <span class="sp"></span>
    <dl><div><dt>${t("lp.tasks")}</dt><dd>${loop ? nf(loop.tasks) : "–"}</dd></div>
      <div><dt>${t("lp.lag.max")}</dt><dd class="lag">${loop ? dur(loop.lag_us / 1000) : "–"}</dd></div></dl></div>`;
}

function Progress({ name, off, experiment, skew_s, actions }) {
  const now = useNow() + skew_s;
  const { clients, done, failed, until } = experiment;
  return html`<span class="prog"><span>${t("lp.exp", { a: done + failed, b: clients })}
      ${failed > 0 && html` <b class="c-err">${t("lp.exp.failed", { n: failed })}</b>`}</span>
    <span class="muted">${t("lp.exp.left", { v: hands(Math.max(0, Math.round(until - now))) })}</span>
    <${Button} kind="sm" icon="x" label=${t("lp.exp.stop")} off=${off}
      onClick=${() => actions.api("DELETE", `/api/experiments/${name}`).catch(actions.fail)}/></span>`;
}

/* The board in words, at most every five seconds: the board itself is not live. */
function Summary({ loop }) {
  const [text, setText] = useState("");
  const newest = useRef(loop);
  newest.current = loop;
  useEffect(() => {
    const tell = () => {
      const { ready, reading, writing, sleeping } = newest.current;
      setText(t("lp.summary", { ready, reading, writing, sleeping }));
    };
    tell();
    const timer = setInterval(tell, SUMMARY_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<p class="sr" role="status">${text}</p>`;
}
