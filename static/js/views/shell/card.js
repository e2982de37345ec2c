/* A server on the overview: one body and one next step for each of its states. */
import { Button, CommandLine, IconButton, glyph, html, icon, model, pill, pure, titleOf } from "../../kit.js";
import { dur, t } from "../../i18n.js";
import { href } from "../../model/routes.js";
import { shown } from "../../model/selectors.js";
import { Address, Evidence, Foot, Frozen, LogsLink, Paused, Running, Start, Stopping } from "./card_parts.js";
import { Cause } from "./cause.js";
import { Countdown } from "./clocks.js";
import { Settings, useSettings } from "./settings.js";

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
    <${Foot} ...${props}><${Button} icon="x" label=${t("cancel")} busy=${props.busy === "stop"} off=${props.offChange}
      onClick=${() => props.actions.stop(server.name)}/><//>`;
}

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
      busy=${props.busy === "stop"} off=${props.offChange} onClick=${() => props.actions.stop(props.server.name)}/><//>`;
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
