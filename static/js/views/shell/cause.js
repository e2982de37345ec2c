/* Why a server that failed is not running: the same words on its card and on its page. */
import { html } from "../../kit.js";
import { clock, dur, has, t } from "../../i18n.js";
import { shown } from "../../model/selectors.js";

/** A sentence or two about `server.failure`. */
export function Cause({ server }) {
  if (server.own) return html`<${Own} failure=${server.failure ?? {}} port=${String(server.failure?.port ?? server.port ?? "")}/>`;
  const Words = { blocked: Blocked, crashed: Crashed }[shown(server)] ?? Failed;
  return html`<${Words} failure=${server.failure} port=${String(server.port)}/>`;
}

const Crashed = ({ failure, port }) => html`<strong>${ended(failure)}.</strong> ${t("c.crash.note", { p: port })}`;

function ended({ ran_s, signal, exit_code }) {
  const d = dur((ran_s ?? 0) * 1000);
  return signal ? t("c.killed", { s: signal, d }) : t("c.crash", { c: String(exit_code ?? "?"), d });
}

/* A program of the user: how it ended, or what it has run into, and what helps. */
function Own({ failure, port }) {
  const { reason, message, line, python_offered: offered } = failure;
  if (reason === "port_in_use") return html`<${Taken} failure=${failure} port=${port}/> ${t("prog.port.s")}`;
  if (reason === "exited" || reason === "killed") return html`<strong>${ended(failure)}.</strong>`;
  const key = `prog.fail.${reason}`;
  if (!has(key)) return html`<strong>${message}</strong> ${failure.next_step}`;
  return html`<strong>${t(key, { p: port, l: line ?? "" })}</strong> ${t(`${key}.s`, { l: line ?? "", v: offered?.version ?? "" })}
    ${message && html`${" "}<span class="soft">${message}</span>`}`;
}

const Failed = ({ failure, port }) => html`<strong>${t(`fail.${failure.reason}`, { p: port })}</strong>`;

function Blocked({ failure, port }) {
  const owner = failure.port_owner;
  return html`<${Taken} failure=${failure} port=${port}/> ${owner?.ours ? t("c.port.ours") : t("c.port.note")}`;
}

const Taken = ({ failure: { port_owner: owner }, port }) =>
  html`<strong>${t("c.port", { p: port })}</strong>${owner && html`<${Owner} owner=${owner}/>`}.`;

const Owner = ({ owner }) =>
  html` ${t("c.port.by")} ${owner.command ? html`<code>${owner.command}</code>` : t("c.port.other")}${owner.pid
    ? `, ${t("c.pid", { v: String(owner.pid) })}`
    : ""}${owner.since ? `, ${t("c.since", { v: clock(owner.since) })}` : ""}`;
