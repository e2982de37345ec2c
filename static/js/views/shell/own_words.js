/* Sentences about a program of the user that runs: the same on its card and on its page. */
import { html } from "../../kit.js";
import { has, t } from "../../i18n.js";

/** What it asks the user for, and where. */
export const InputWanted = ({ wanted: { prompt, line } }) =>
  html`<p><strong>${t("prog.input")}</strong>${prompt && html`${" "}<code class="prompt">${prompt}</code>`}
    ${line && html`${" "}<span class="muted">${t("prog.input.at", { l: line })}</span>`}</p>`;

/** It runs and cannot be reached; where it stands, if that is known. */
export const NoSocket = ({ server }) =>
  html`<p><strong>${t("prog.nosocket")}</strong>${server.waits_at && html`${" "}${t("prog.nosocket.at", server.waits_at)}`}
    ${" "}<span class="muted">${t("prog.nosocket.s")}</span></p>`;

/** What the dashboard has to say about it: {text, code}, in the language of the page where there are words for the code. */
export const noticeText = ({ text, code }) => (has(`prog.notice.${code}`) ? t(`prog.notice.${code}`) : text);
