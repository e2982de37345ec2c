/* Hundreds of threads: those that stand in the same call of the same line, counted. */
import { html } from "../../kit.js";
import { nf, stood, t } from "../../i18n.js";
import { counts, groups } from "../../model/threads.js";
import { LineLink } from "./line_link.js";
import { sign, standing } from "./threads_words.js";

const SHOWN = 30;
const NAMES = 5;

export function Groups({ rows, total, server }) {
  const found = groups(rows);
  return html`<div class="thr-sum" role="img" aria-label=${counts(rows).map(([kind, n]) => `${t(`thr.k.${kind}`)}: ${nf(n)}`).join(", ")}>
      ${counts(rows).map(([kind, n]) => html`<span key=${kind} class="lk ${kind}" style=${{ flexGrow: n }}></span>`)}</div>
    <ul class="thr-groups" aria-label=${t("thr.groups")}>${found.slice(0, SHOWN).map((group) => html`<${Group} key=${group.key} group=${group} most=${found[0].rows.length} server=${server}/>`)}</ul>
    ${found.length > SHOWN && html`<p class="under">${t("thr.groups.more", { n: found.length - SHOWN })}</p>`}
    ${total > rows.length && html`<p class="under">${t("thr.showing", { a: rows.length, n: total })}</p>`}`;
}

function Group({ group, most, server }) {
  const { rows, line, kind, longest_s, at_least } = group;
  const names = rows.slice(0, NAMES).map(({ name }) => name).join(", ");
  return html`<li><b class="num">${nf(rows.length)}</b>${sign(kind)}
    <span class="gr"><span>${standing(rows[0])}${line && " · "}<${LineLink} server=${server} line=${line} name=${group.function}/></span>
      <i class="lk ${kind}" style=${{ width: `${Math.max(1, (rows.length / most) * 100)}%` }}></i>
      <small class="muted">${names}${rows.length > NAMES && ` … +${nf(rows.length - NAMES)}`}</small></span>
    <span class="num soft">${longest_s > 0 && t("thr.longest", { v: stood(longest_s, at_least) })}</span></li>`;
}
