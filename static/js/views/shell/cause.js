/* Why a server that failed is not running: the same words on its card and on its page. */
import { html } from "../../kit.js";
import { clock, dur, t } from "../../i18n.js";
import { shown } from "../../model/selectors.js";

/** A sentence or two about `server.failure`. */
export function Cause({ server }) {
  const Words = { blocked: Blocked, crashed: Crashed }[shown(server)] ?? Failed;
  return html`<${Words} failure=${server.failure} port=${String(server.port)}/>`;
}

function Crashed({ failure, port }) {
  const d = dur((failure.ran_s ?? 0) * 1000);
  const what = failure.signal
    ? t("c.killed", { s: failure.signal, d })
    : t("c.crash", { c: String(failure.exit_code ?? "?"), d });
  return html`<strong>${what}.</strong> ${t("c.crash.note", { p: port })}`;
}

const Failed = ({ failure, port }) => html`<strong>${t(`fail.${failure.reason}`, { p: port })}</strong>`;

function Blocked({ failure, port }) {
  const owner = failure.port_owner;
  return html`<strong>${t("c.port", { p: port })}</strong>${owner && html`<${Owner} owner=${owner}/>`}.
    ${" "}${owner?.ours ? t("c.port.ours") : t("c.port.note")}`;
}

const Owner = ({ owner }) =>
  html` ${t("c.port.by")} ${owner.command ? html`<code>${owner.command}</code>` : t("c.port.other")}${owner.pid
    ? `, ${t("c.pid", { v: String(owner.pid) })}`
    : ""}${owner.since ? `, ${t("c.since", { v: clock(owner.since) })}` : ""}`;
