/* Sentences about a program of the user that runs: the same on its card and on its page. */
import { html, icon } from "../../kit.js";
import { has, t } from "../../i18n.js";

const NOTICES_SHOWN = 2;

/** The input that it asks the user for, and where. */
export const InputWanted = ({ wanted: { prompt, line } }) =>
  html`<p><strong>${t("prog.input")}</strong>${prompt && html`${" "}<code class="prompt">${prompt}</code>`}
    ${line && html`${" "}<span class="muted">${t("prog.input.at", { l: line })}</span>`}</p>`;

/** It runs and cannot be reached. */
export const NoSocket = ({ server }) =>
  html`<p><strong>${t("prog.nosocket")}</strong>
    ${" "}<span class="muted">${t("prog.nosocket.s")}</span></p>`;

/** Its threads wait for each other: each with its line and the lock that it cannot have. */
export const Stuck = ({ server }) =>
  html`<div class="notice bad dead" role="alert">${icon("warn")}<div><strong>${t("thr.dead")}</strong>
      <ul>${server.deadlock.threads.map((one) => html`<li key=${one.thread}>${t("thr.dead.row", {
        t: one.thread, h: one.held_by, l: one.line ?? "?", w: one.taken ?? "?" })}</li>`)}</ul></div></div>`;

/** The dashboard's word on its newest life: {at, code, text}, in the page's language where it has words for the code. */
export const Notices = ({ server }) =>
  (server.notices ?? []).slice(-NOTICES_SHOWN).map(
    ({ at, code, text }) => html`<div class="notice" role="status" key=${`${at}${code}`}>${icon("info")}
      <span>${has(`prog.notice.${code}`) ? html`<strong>${t(`prog.notice.${code}`)}</strong> <span class="soft">${text}</span>` : text}</span></div>`,
  );
