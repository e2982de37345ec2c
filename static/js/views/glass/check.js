/* What is wrong with a program: the check's task at the left, what it found at the right. */
import { html, icon, useDraft, useEffect } from "../../kit.js";
import { clock, t } from "../../i18n.js";
import { NO_CHECK, byReason, counts, probesOf } from "../../model/check.js";
import { href } from "../../model/routes.js";
import { Finding, SIGNS } from "./check_finding.js";
import { Asking } from "./check_ask.js";
import { NotRunning } from "../shell/not_running.js";
import { reason } from "../shell/reasons.js";

const NOTHING = [];

export function Check({ state, actions, name }) {
  const server = state.servers[name];
  const check = state.checks[name] ?? NO_CHECK;
  const { report, tasks = NOTHING } = state.reports[name] ?? {};
  useEffect(() => {
    actions.report(name);
  }, [name, check.reported_at, state.lang]);
  const again = async (probe) => (await actions.checkAgain(name, probe)) && actions.navigate(href(server, "wire"));
  const off = reason(state, "start") || (check.state === "running" ? t("chk.off.running") : "");
  return html`<div class="stack">${!server.own && html`<${NotRunning} state=${state} name=${name} actions=${actions}/>`}
    <div class="g-check"><${Asking} state=${state} server=${server} check=${check} report=${report} tasks=${tasks} actions=${actions}/>
    <div class="stack results" aria-live="off">${report
      ? html`<${Report} report=${report} check=${check} server=${server} again=${again} off=${off}/>`
      : html`<${Nothing} check=${check}/>`}</div></div></div>`;
}

const Nothing = ({ check }) =>
  html`<section class="panel"><div class="nothing"><div class="empty">${icon("flag")}<p class="sees">${t("see.check")}</p>
    <p>${t(check.state === "running" ? "chk.wait" : "chk.none")}</p><p><a href="/lessons">${t("les.all")}</a></p></div></div></section>`;

function Report({ report, check, server, again, off }) {
  const { passed, unconfirmed, untried } = probesOf(report);
  return html`<section class="panel verdict v-${report.verdict.replace(" ", "-")}" role="status">
      ${icon(report.verdict === "pass" ? "check" : "warn")}
      <div><h2>${t(`chk.v.${report.verdict}`, { n: report.findings.filter(({ level }) => level === "must").length })}</h2>
        ${report.reason && html`<p>${report.reason}</p>`}
        <p class="muted small">${t("chk.at", { at: clock(check.reported_at ?? 0), s: report.took_s })}${check.changed && html` <b class="c-warn">${t("chk.changed")}</b>`}</p></div>
      <span class="tags">${counts(report).map(([level, n]) => html`<span class="tag t-${level}" key=${level}>${icon(SIGNS[level])}${t(`chk.n.${level}`, { n })}</span>`)}</span></section>
    ${report.findings.map((finding, index) => html`<${Finding} key=${finding.id} finding=${finding} first=${index === 0} server=${server} again=${again} off=${off}/>`)}
    <${Probes} name="passed" probes=${passed}/><${Probes} name="unconfirmed" probes=${unconfirmed}/><${Probes} name="untried" probes=${untried}/>`;
}

/* A group of probes, folded and counted; those with the same reason stand together. */
function Probes({ name, probes }) {
  const [open, setOpen] = useDraft(`chk.open.${name}`, false);
  if (!probes.length) return null;
  return html`<details class="panel more probes" open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>${icon(name === "passed" ? "check" : "info")}${t(`chk.g.${name}`)} <span class="tag">${probes.length}</span></summary>
    ${byReason(probes).map(([why, alike]) => html`<div key=${why}>${why && html`<h4>${why}</h4>`}
      <ul>${alike.map(({ id, title }) => html`<li key=${id}><span>${title}</span> <code class="muted">${id}</code></li>`)}</ul></div>`)}</details>`;
}
