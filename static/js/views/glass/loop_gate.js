/* The system call where the loop sleeps, and the anatomy of the last tick. */
import { html, icon } from "../../kit.js";
import { dur, nf, t } from "../../i18n.js";

const BLOCKS = 12;

const Call = ({ loop }) => html`<div><h2>${icon("route")}${loop.selector}()</h2><p>${t("lp.watch", { n: loop.watched })}</p></div>`;

export function Gate({ loop }) {
  const slept = loop.last_wait_us / 1000;
  const ran = loop.last_tick_us / 1000;
  // Both parts stay visible: the share is by the square root, the numbers are exact.
  const share = (100 * Math.sqrt(ran)) / (Math.sqrt(ran) + Math.sqrt(slept) || 1);
  const blocks = Math.min(loop.last_steps ?? 1, BLOCKS);
  if (!loop.ticks) return html`<section class="gate" aria-label=${loop.selector}><${Call} loop=${loop}/><p class="muted">${t("lp.tick.none")}</p></section>`;
  const words = loop.last_steps === null ? t("loop.tick.ran", { v: dur(ran) }) : t("lp.ran", { n: loop.last_steps, v: dur(ran) });
  return html`<section class="gate" aria-label=${loop.selector}>
    <${Call} loop=${loop}/>
    <div><div class="anat" role="img" aria-label=${`${t("lp.anat")}: ${t("lp.blocked", { v: dur(slept) })}, ${words}`}>
      <span class="po">${t("lp.blocked", { v: dur(slept) })}</span>
      ${Array.from({ length: blocks }, (_, index) => html`<span key=${index} class="ru" style=${{ flex: `0 0 ${Math.max(0.5, (share * 0.6) / blocks)}%` }}></span>`)}
      <span class="af">${words}</span></div></div>
    <div class="ret"><b>${t("lp.ret", { n: loop.last_returned })}</b><p>${t("lp.tick")} ${nf(loop.ticks)}</p></div></section>`;
}
