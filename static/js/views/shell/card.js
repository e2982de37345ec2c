/* A server on the overview: one body and one next step for each of its states. */
import { Button, CommandLine, CopyButton, IconButton, Spark, glyph, html, icon, model, pill, pure, titleOf } from "../../kit.js";
import { bytes, dur, nf, t } from "../../i18n.js";
import { HISTORY_S } from "../../model/reducer.js";
import { href } from "../../model/routes.js";
import { address, padded, shown } from "../../model/selectors.js";
import { Cause } from "./cause.js";
import { Countdown, Uptime } from "./clocks.js";
import { Settings, useSettings } from "./settings.js";

const EVIDENCE_LINES = 4;

export const Card = pure(function Card(props) {
  const { server } = props;
  const state = shown(server);
  const name = titleOf(server);
  return html`<article class="card is-${state}" data-server=${server.name} aria-label=${`${name}, ${t(`st.${state}`)}`}>
    <header><span class="no" aria-hidden="true">${server.task}</span>
      <h2><a href=${href(server)}>${name}</a></h2>${pill(state)}
      <div class="meta">${model(server.model)}<span>${server.protocol}</span><span aria-hidden="true">·</span>
        <span class="cut">${server.model && t(`m.${server.model}`)}</span></div></header>
    <${BODIES[state]} ...${props}/>
  </article>`;
});

const Address = ({ server, skew_s, up }) => {
  const text = address(server.host, server.port);
  return html`<div class="addr">${text && html`<b>${text}</b><${CopyButton} text=${text}/>`}
    <span class="r">${server.pid !== null && html`<span>${t("c.pid", { v: String(server.pid) })}</span>`}
      ${up && html`<${Uptime} since=${server.started_at} skew_s=${skew_s}/>`}</span></div>`;
};

const Foot = ({ server, children }) =>
  html`<footer>${children}<span class="r"><a class="btn gh" href=${href(server)}
    aria-label=${t("open.s", { s: titleOf(server) })}><span>${t("open")}</span>${icon("right")}</a></span></footer>`;

const Stop = ({ server, busy, off, actions }) =>
  html`<${Button} icon="stop" label=${t("stop")} busy=${busy === "stop"} off=${off}
    onClick=${() => actions.stop(server.name)}/>`;

const Restart = ({ server, busy, off, actions }) =>
  html`<${IconButton} kind="gh" icon="restart" label=${t("restart")} busy=${busy === "restart"} off=${off}
    onClick=${() => actions.restart(server.name)}/>`;

const Kill = ({ server, busy, off, actions }) =>
  html`<${Button} kind="dg" icon="x" label=${t("kill")} busy=${busy === "kill"} off=${off}
    onClick=${() => actions.kill(server.name)}/>`;

const Start = ({ server, busy, off, actions, label = "start", symbol = "play", options, check }) =>
  html`<${Button} kind="pri" icon=${symbol} label=${t(label)} busy=${Boolean(busy)} off=${off}
    onClick=${() => (!check || check()) && actions.start(server.name, options)}/>`;

function Figures({ server, history, skew_s }) {
  const { figures } = server;
  const rate = (way) => `${bytes(figures?.[way] ?? 0)}/${t("sec")}`;
  const value = (number, text) => (number === null || number === undefined ? "–" : text(number));
  return html`<${Address} server=${server} skew_s=${skew_s} up/>
    <div class="flow"><${Spark} received=${padded(history?.in, HISTORY_S)} sent=${padded(history?.out, HISTORY_S)}/>
      <div class="rate"><span class="c-in"><span class="sr">${t("ov.in")}</span>${rate("in_rate")}${icon("din")}</span>
        <span class="c-out"><span class="sr">${t("ov.out")}</span>${rate("out_rate")}${icon("dout")}</span></div></div>
    <dl class="kv"><div><dt>${t(server.transport === "udp" ? "c.peers" : "c.conns")}</dt>
        <dd>${value(figures?.connections, nf)}</dd></div>
      <div><dt>${t("c.cpu")}</dt><dd>${value(figures?.cpu, percent)}</dd></div>
      <div><dt>${t("c.rss")}</dt><dd>${value(figures?.rss, bytes)}</dd></div></dl>
    <${Last} last=${figures?.last}/>`;
}

/** Percent of one core. */
export const percent = (number) =>
  `${nf(number, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}\u00a0%`;

function Last({ last }) {
  if (!last) return html`<p class="last none">${t("c.lastx.none")}</p>`;
  return html`<p class="last" title=${t("c.lastx")}><span class="sr">${t("c.lastx")}</span>
    <code class="c-in">${last.received || t("empty")}</code>${icon("arrow")}<code class="c-out">${last.sent || t("empty")}</code>
    <span class="ms">${dur(last.microseconds / 1000)}</span></p>`;
}

const Running = (props) =>
  html`<${Figures} ...${props}/><${Foot} ...${props}><${Stop} ...${props}/><${Restart} ...${props}/><//>`;

const Paused = (props) =>
  html`<${Figures} ...${props}/>
    <div class="bd"><div class="notice warn">${icon("pause")}
      <span>${t("c.pausednote", { n: props.server.figures?.connections ?? 0 })}</span></div></div>
    <${Foot} ...${props}><${Button} kind="pri" icon="play" label=${t("lp.resume")} off=${props.off}
      onClick=${() => props.actions.resume(props.server.name)}/><${Stop} ...${props}/><//>`;

const Frozen = (props) =>
  html`<${Figures} ...${props}/>
    <div class="bd"><div class="notice warn">${icon("warn")}<span>${t("c.frozen")}</span></div></div>
    <${Foot} ...${props}><${Kill} ...${props}/><${Restart} ...${props}/><//>`;

function Stopped(props) {
  const settings = useSettings(props);
  const { last_run } = props.server;
  const before = last_run
    ? `${t("c.stopped")} ${t("c.lastrun", { d: dur(last_run.duration_s * 1000), n: last_run.requests })}.`
    : t("c.never");
  return html`<div class="bd gap"><p class="muted">${before}</p><div class="flat"></div><${Settings} ...${props} settings=${settings}/></div>
    <${Foot} ...${props}><${Start} ...${props} options=${settings.options} check=${settings.check}/><//>`;
}

function Starting(props) {
  const { server } = props;
  const steps = ["process", "bind", "answers"];
  const at = Math.max(0, steps.indexOf(server.step));
  const mark = (index) => (index < at ? "done" : index === at ? "now" : "");
  return html`<${Address} server=${server}/>
    <div class="bd gap"><ol class="steps">${steps.map(
      (step, index) => html`<li key=${step} class=${mark(index)} aria-current=${index === at ? "step" : undefined}>
        ${index < at ? icon("check") : index === at ? glyph("starting") : null}${t(`c.step${index + 1}`)}</li>`,
    )}</ol><p>${t(`c.step.${steps[at]}`)}</p></div>
    <${Foot} ...${props}><${Button} icon="x" label=${t("cancel")} busy=${props.busy === "stop"} off=${props.off}
      onClick=${() => props.actions.stop(server.name)}/><//>`;
}

function Stopping(props) {
  const { server, skew_s } = props;
  const closing = (s) => t("c.closing", { n: server.figures?.connections ?? 0, s });
  return html`<${Address} server=${server} skew_s=${skew_s}/>
    <div class="bd gap"><${Countdown} until=${server.stop_deadline} skew_s=${skew_s} text=${closing} label=${t("st.stopping")}/></div>
    <${Foot} ...${props}><${Kill} ...${props}/><//>`;
}

/* `blame`: the last line holds the cause. */
const Evidence = ({ lines, blame }) =>
  lines?.length
    ? html`<div><p class="muted cap-p">${t("c.stderr")}</p><pre class="err-lines" tabindex="0">${lines
        .slice(-EVIDENCE_LINES)
        .map((line, index, all) => (blame && index === all.length - 1 ? html`<b>${line}</b>` : `${line}\n`))}</pre></div>`
    : null;

const LogsLink = ({ server }) =>
  html`<a class="btn" href=${href(server, "logs")}>${icon("list")}<span>${t("logs.open")}</span></a>`;

function Crashed(props) {
  const { failure } = props.server;
  return html`<div class="bd"><p><${Cause} server=${props.server}/></p>
      <${Evidence} lines=${failure.last_lines} blame=${!failure.signal}/></div>
    <${Foot} ...${props}><${Start} ...${props} label="restart" symbol="restart"/><${LogsLink} ...${props}/><//>`;
}

function Failed(props) {
  const settings = useSettings(props);
  const { failure } = props.server;
  const lines = failure.last_lines?.length ? failure.last_lines : [failure.message].filter(Boolean);
  return html`<div class="bd"><p><${Cause} server=${props.server}/></p>
      <${Evidence} lines=${lines} blame/><${Settings} ...${props} settings=${settings}/></div>
    <${Foot} ...${props}><${Start} ...${props} options=${settings.options} check=${settings.check}/><${LogsLink} ...${props}/><//>`;
}

function Backoff(props) {
  const { retry, failure } = props.server;
  const next = (s) => html`<strong>${t("c.backoff", { n: retry.attempt, s })}</strong>`;
  return html`<div class="bd"><${Countdown} until=${retry.at} skew_s=${props.skew_s} text=${next} label=${t("st.backoff")}/>
      <p class="muted">${t("c.attempt", { a: retry.attempt, b: retry.of })}</p>
      <${Evidence} lines=${failure?.last_lines?.slice(-3)} blame/></div>
    <${Foot} ...${props}><${Start} ...${props} label="startnow"/><${Button} kind="gh" icon="x" label=${t("giveup")}
      busy=${props.busy === "stop"} off=${props.off} onClick=${() => props.actions.stop(props.server.name)}/><//>`;
}

function Blocked(props) {
  const { server, actions, busy, off } = props;
  const settings = useSettings(props);
  const port = String(server.port);
  const { free_port } = server.failure;
  const flags = server.transport === "udp" ? "-lunp" : "-ltnp";
  const retry = () => actions.start(server.name);
  const free = () => actions.start(server.name, { port: free_port });
  return html`<div class="bd"><p><${Cause} server=${server}/></p><${CommandLine} text=${`ss ${flags} 'sport = :${port}'`}/>
      ${!free_port && html`<${Settings} ...${props} settings=${settings}/>`}</div>
    <${Foot} ...${props}>${free_port
      ? html`<${Button} kind="pri" icon="plug" label=${t("usefree", { p: String(free_port) })} busy=${busy} off=${off} onClick=${free}/>
          <${IconButton} kind="gh" icon="restart" label=${t("retryport", { p: port })} busy=${busy} off=${off} onClick=${retry}/>`
      : html`<${Button} kind="pri" icon="restart" label=${t("retryport", { p: port })} busy=${busy} off=${off} onClick=${retry}/>`}<//>`;
}

const BODIES = {
  running: Running,
  paused: Paused,
  frozen: Frozen,
  stopped: Stopped,
  starting: Starting,
  stopping: Stopping,
  crashed: Crashed,
  failed: Failed,
  backoff: Backoff,
  blocked: Blocked,
};
