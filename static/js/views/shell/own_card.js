/* A program of the user on the overview: a server's card, and the states that only such a program has. */
import { Button, CommandLine, IconButton, Toggle, glyph, html, icon, pill, pure } from "../../kit.js";
import { bytes, dur, t } from "../../i18n.js";
import { href } from "../../model/routes.js";
import { shown, startable, stoppable } from "../../model/selectors.js";
import { Address, Evidence, Foot, Frozen, LogsLink, Paused, Restart, Running, Start, Stop, Stopping } from "./card_parts.js";
import { Again, Reason } from "./own_failed.js";
import { InputWanted, NoSocket, Stuck } from "./own_words.js";

export const OwnCard = pure(function OwnCard(props) {
  const { server } = props;
  const state = shown(server);
  return html`<article class="card own is-${state}" data-server=${server.name} aria-label=${`${server.title}, ${t(`st.${state}`)}`}>
    <header><span class="no" aria-hidden="true">${icon("file")}</span>
      <h2><a href=${href(server)} title=${server.title}>${server.title}</a></h2>${pill(state)}
      <div class="meta"><span class="cut folder" title=${server.folder}>${server.folder}</span></div></header>
    <${BODIES[state]} ...${props}/>
    <${OnSave} ...${props}/>
  </article>`;
});

/* The effect of a change of the file, and that it has changed; and the way back to the list of files. */
function OnSave({ server, busy, off, actions }) {
  const flip = (restart_on_save) => actions.settings(server.name, { restart_on_save }).catch(actions.fail);
  return html`<div class="onsave"><${Toggle} label=${t("prog.onsave")} on=${Boolean(server.restart_on_save)} off=${off} onChange=${flip}/>
    ${server.changed_on_disk && stoppable(server) && html`<span class="r"><${Changed} server=${server} busy=${busy} off=${off} actions=${actions}/></span>`}
    ${startable(server) && html`<span class="r"><${IconButton} kind="gh sm" icon="x" label=${t("prog.forget")} off=${off} onClick=${() => actions.forgetProgram(server.name)}/></span>`}</div>`;
}

/** The file is newer than the process: a click runs the newer one. */
export const Changed = ({ server, busy, off, actions }) =>
  html`<${Button} kind="sm chg" icon="restart" label=${t("prog.changed")} busy=${busy === "restart"} off=${off}
    onClick=${() => actions.restart(server.name)}/>`;

const Input = (props) =>
  html`<${Address} server=${props.server} skew_s=${props.skew_s} up/>
    <div class="bd gap"><${InputWanted} wanted=${props.server.waits_for_input}/></div>
    <${Foot} ...${props}><a class="btn pri" href=${href(props.server, "console")}>${icon("kbd")}<span>${t("prog.answer")}</span></a>
      <${Stop} ...${props}/><//>`;

const WithoutSocket = (props) =>
  html`<${Address} server=${props.server} skew_s=${props.skew_s} up/>
    <div class="bd gap"><${NoSocket} server=${props.server}/></div>
    <${Foot} ...${props}><a class="btn pri" href=${href(props.server, "console")}>${icon("term")}<span>${t("tab.console")}</span></a>
      <${Stop} ...${props}/><${Restart} ...${props}/><//>`;

const Deadlocked = (props) => html`<${Running} ...${props}><div class="bd"><${Stuck} server=${props.server}/></div><//>`;

const Starting = (props) =>
  html`<${Address} server=${props.server}/>
    <div class="bd gap"><p class="steps">${glyph("starting")}<span>${t("prog.starting")}</span></p></div>
    <${Foot} ...${props}><${Button} icon="x" label=${t("cancel")} busy=${props.busy === "stop"} off=${props.offChange}
      onClick=${() => props.actions.stop(props.server.name)}/><//>`;

function Stopped(props) {
  const { last_run } = props.server;
  const before = last_run ? `${t("c.stopped")} ${t("prog.ran", { d: dur(last_run.duration_s * 1000) })}` : t("c.never");
  return html`<div class="bd gap"><p class="muted">${before}</p><div class="flat"></div></div>
    <${Foot} ...${props}><${Start} ...${props}/><//>`;
}

function Finished(props) {
  const { last_run, summary } = props.server;
  return html`<div class="bd gap"><p><strong>${t("prog.finished")}</strong>
      ${last_run && ` ${t("prog.ran", { d: dur(last_run.duration_s * 1000) })}`}</p>
      ${summary && html`<p class="muted">${t("prog.served", { n: summary.connections, i: bytes(summary.bytes_in), o: bytes(summary.bytes_out) })}</p>`}</div>
    <${Foot} ...${props}><${Start} ...${props} label="prog.again" symbol="restart"/><//>`;
}

function Failed(props) {
  const { failure, crashes } = props.server;
  const crash = crashes?.findLast((one) => one.main);
  return html`<div class="bd gap"><${Reason} ...${props}/>
      ${crash ? html`<p class="err-lines wrapped"><b>${crash.exception}${crash.message && `: ${crash.message}`}</b></p>` : html`<${Evidence} lines=${failure?.last_lines} blame/>`}</div>
    <${Foot} ...${props}><${Again} ...${props}/><${LogsLink} ...${props}/><//>`;
}

function Blocked(props) {
  const { port } = props.server.failure;
  return html`<div class="bd gap"><${Reason} ...${props}/>${port && html`<${CommandLine} text=${`ss -lunpt 'sport = :${port}'`}/>`}</div>
    <${Foot} ...${props}><${Again} ...${props}/><//>`;
}

const BODIES = {
  running: Running,
  deadlock: Deadlocked,
  paused: Paused,
  frozen: Frozen,
  input: Input,
  nosocket: WithoutSocket,
  stopped: Stopped,
  finished: Finished,
  starting: Starting,
  stopping: Stopping,
  crashed: Failed,
  failed: Failed,
  backoff: Failed,
  blocked: Blocked,
};
