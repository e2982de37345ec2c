/* The act of a thread, as a word and as a sign. */
import { html } from "../../kit.js";
import { has, t } from "../../i18n.js";
import { doing } from "../../model/threads.js";

/** The call of a standing thread, in words. */
export const standing = (row) => t(has(`thr.in.${doing(row)}`) ? `thr.in.${doing(row)}` : "thr.in.other", { c: row.call ?? "" });

/** The sign of what a thread does, as the lanes draw it. */
export const sign = (kind) => html`<i class="lk ${kind}" aria-hidden="true"></i>`;
