/* The parts of the cards of programs: address, figures, buttons, evidence. */
import { Button, CopyButton, IconButton, Spark, html, icon, titleOf } from "../../kit.js";
import { bytes, dur, nf, t } from "../../i18n.js";
import { HISTORY_S } from "../../model/reducer.js";
import { href } from "../../model/routes.js";
import { exposed, padded, place } from "../../model/selectors.js";
import { Countdown, Uptime } from "./clocks.js";

const EVIDENCE_LINES = 4;

export const Address = ({ server, skew_s, up }) => {
  const text = place(server);
  return html`<div class="addr">${text && html`<b>${text}</b><${CopyButton} text=${text}/>`}
    ${text && server.own && html`<span class="found">${t("prog.found")}</span>`}
    ${exposed(server) && html`<${Exposed}/>`}
    <span class="r">${server.pid !== null && html`<span>${t("c.pid", { v: String(server.pid) })}</span>`}
      ${up && html`<${Uptime} since=${server.started_at} skew_s=${skew_s}/>`}</span></div>`;
};

/** The mark of a program that other machines can reach. */
export const Exposed = () => html`<span class="exposed" title=${t("c.exposed.d")}>${icon("globe")}${t("c.exposed")}</span>`;

export const Foot = ({ server, children }) =>
  html`<footer>${children}<span class="r"><a class="btn gh" href=${href(server)}
    aria-label=${t("open.s", { s: titleOf(server) })}><span>${t("open")}</span>${icon("right")}</a></span></footer>`;

export const Stop = ({ server, busy, offChange, actions }) =>
  html`<${Button} icon="stop" label=${t("stop")} busy=${busy === "stop"} off=${offChange}
    onClick=${() => actions.stop(server.name)}/>`;

export const Restart = ({ server, busy, off, actions }) =>
  html`<${IconButton} kind="gh" icon="restart" label=${t("restart")} busy=${busy === "restart"} off=${off}
    onClick=${() => actions.restart(server.name)}/>`;

const Kill = ({ server, busy, offChange, actions }) =>
  html`<${Button} kind="dg" icon="x" label=${t("kill")} busy=${busy === "kill"} off=${offChange}
    onClick=${() => actions.kill(server.name)}/>`;

export const Start = ({ server, busy, off, actions, label = "start", symbol = "play", options, check }) =>
  html`<${Button} kind="pri" icon=${symbol} label=${t(label)} busy=${Boolean(busy)} off=${off}
    onClick=${() => (!check || check()) && actions.start(server.name, options)}/>`;

/** Bodies of the states that programs of all kinds share. */
export const Running = (props) =>
  html`<${Figures} ...${props}/>${props.children}<${Foot} ...${props}><${Stop} ...${props}/><${Restart} ...${props}/><//>`;

export const Paused = (props) =>
  html`<${Figures} ...${props}/>
    <div class="bd"><div class="notice warn">${icon("pause")}
      <span>${t("c.pausednote", { n: props.server.figures?.connections ?? 0 })}</span></div></div>
    <${Foot} ...${props}><${Button} kind="pri" icon="play" label=${t("lp.resume")} off=${props.offChange}
      onClick=${() => props.actions.resume(props.server.name)}/><${Stop} ...${props}/><//>`;

export const Frozen = (props) =>
  html`<${Figures} ...${props}/>
    <div class="bd"><div class="notice warn">${icon("warn")}<span>${t("c.frozen")}</span></div></div>
    <${Foot} ...${props}><${Kill} ...${props}/><${Restart} ...${props}/><//>`;

export function Stopping(props) {
  const { server, skew_s } = props;
  const closing = (s) => t("c.closing", { n: server.figures?.connections ?? 0, s });
  return html`<${Address} server=${server} skew_s=${skew_s}/>
    <div class="bd gap"><${Countdown} until=${server.stop_deadline} skew_s=${skew_s} text=${closing} label=${t("st.stopping")}/></div>
    <${Foot} ...${props}><${Kill} ...${props}/><//>`;
}

export function Figures({ server, history, skew_s }) {
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

/** The last lines of a process. `blame`: the last one holds the cause. */
export const Evidence = ({ lines, blame }) =>
  lines?.length
    ? html`<div><p class="muted cap-p">${t("c.stderr")}</p><pre class="err-lines" tabindex="0">${lines
        .slice(-EVIDENCE_LINES)
        .map((line, index, all) => (blame && index === all.length - 1 ? html`<b>${line}</b>` : `${line}\n`))}</pre></div>`
    : null;

export const LogsLink = ({ server }) =>
  html`<a class="btn" href=${href(server, "logs")}>${icon("list")}<span>${t("logs.open")}</span></a>`;
