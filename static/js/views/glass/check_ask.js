/* What is checked, and how; the check under way; the report to take away. */
import { Button, html, icon, useDraft, useState } from "../../kit.js";
import { spoken, t } from "../../i18n.js";
import { share } from "../../model/check.js";
import { href } from "../../model/routes.js";
import { running, startable } from "../../model/selectors.js";
import { reason } from "../shell/reasons.js";

export function Asking({ state, server, check, report, tasks, actions }) {
  const [task, setTask] = useDraft(`chk.task.${server.name}`, "");
  const [alive, setAlive] = useDraft(`chk.alive.${server.name}`, false);
  const { stream } = state.route.query;
  const mayRun = server.own ? startable(server) || running(server) : running(server);
  const off = reason(state, "start") || (mayRun ? "" : t(server.own ? "chk.off.busy" : "chk.off.down"));
  const byAddress = !server.own || (alive && running(server));
  const begin = () => actions.check(server.name, {
    ...(stream ? { stream: Number(stream) } : task && server.own ? { task } : {}),
    ...(server.own && running(server) ? (byAddress ? { running: true } : { stop: true }) : {}),
  });
  return html`<section class="panel ask" aria-labelledby="chk-h"><div class="pn-h"><h2 id="chk-h">${t("chk.h")}</h2></div>
    <div class="pn-b stack">
      <p class="soft">${t("chk.what")}</p>
      ${stream ? html`<${Recorded} server=${server} stream=${stream} table=${state.streams[server.name]}/>` : server.own && html`<${Tasks} task=${task} setTask=${setTask} report=${report} tasks=${tasks}/>`}
      ${server.own && running(server) && html`<${Which} alive=${alive} setAlive=${setAlive}/>`}
      ${!server.own && html`<p class="muted small">${t("chk.lab")}</p>`}
      ${check.state === "running"
        ? html`<${UnderWay} check=${check} off=${reason(state, "change")} cancel=${() => actions.cancelCheck(server.name)}/>`
        : html`<div><${Begin} off=${off} report=${report} begin=${begin}/></div>`}
      ${check.state === "broke" && html`<div class="notice bad" role="alert">${icon("warn")}<span><strong>${t("chk.broke")}</strong> ${check.error}</span></div>`}
      ${check.state === "cancelled" && html`<p class="muted" role="status">${t("chk.cancelled")}</p>`}
    </div>
    ${report && html`<${Exports} name=${server.name}/>`}</section>`;
}

function Begin({ off, report, begin }) {
  const [busy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await begin();
    setBusy(false);
  };
  return html`<${Button} kind="pri" icon="flag" label=${t(report ? "chk.rerun" : "chk.run")} busy=${busy} off=${off} onClick=${press}/>`;
}

const Tasks = ({ task, setTask, report, tasks }) =>
  html`<label class="fld"><span>${t("chk.task")}</span><span class="sel"><select class="inp" value=${task} onChange=${(event) => setTask(event.currentTarget.value)}>
      <option value="">${t("chk.guess")}</option>
      ${tasks.map(({ id, title }) => html`<option key=${id} value=${id} selected=${id === task}>${title}</option>`)}</select>${icon("downc")}</span>
    ${!task && report?.guessed && report.task && html`<small class="muted">${t("chk.guessed", { t: tasks.find(({ id }) => id === report.task)?.title })}</small>`}</label>`;

/* The conversation of a recorded connection instead of a task. */
function Recorded({ server, stream, table }) {
  const peer = table?.streams.find(({ id }) => String(id) === stream)?.peer;
  return html`<div class="notice">${icon("route")}<span>${t("chk.recorded", { p: peer ?? `#${stream}` })}</span>
    <span class="r"><a class="btn sm" href=${href(server, "check")}>${t("chk.recorded.off")}</a></span></div>`;
}

/* A program that runs holds its port: a copy of it can only be checked when it is stopped. */
const Which = ({ alive, setAlive }) =>
  html`<fieldset class="which"><legend>${t("chk.runs")}</legend>
    ${[[false, "chk.copy"], [true, "chk.alive"]].map(([value, key]) => html`<label key=${key}><input type="radio" name="which" checked=${alive === value} onChange=${() => setAlive(value)}/>
      <span>${t(key)} <span class="muted">${t(`${key}.d`)}</span></span></label>`)}</fieldset>`;

export function UnderWay({ check, off, cancel }) {
  const { progress, again } = check;
  const words = progress ? (progress.title[spoken()] ?? progress.probe) : t("chk.begins");
  return html`<div class="under-way"><p role="status">${again ? html`${icon("hour")}${t("chk.again.now")} ` : progress && html`<b>${t("chk.of", { n: progress.n, of: progress.of })}</b> `}${words}</p>
    ${!again && html`<div class="bar" role="progressbar" aria-label=${t("chk.h")} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share(check) * 100)}><i style=${{ width: `${share(check) * 100}%` }}></i></div>`}
    <${Button} kind="sm" icon="x" label=${t("cancel")} off=${off} onClick=${cancel}/></div>`;
}

const FORMS = [["html", "chk.dl.html"], ["xml", "chk.dl.junit"], ["json", "chk.dl.json"]];

const Exports = ({ name }) =>
  html`<div class="pn-b exports"><span class="muted small">${t("chk.dl")}</span>${FORMS.map(
    ([form, key]) => html`<a key=${form} class="btn sm" download href=${`/api/programs/${name}/check.${form}?lang=${spoken()}`}>${icon("dl")}<span>${t(key)}</span></a>`)}</div>`;
