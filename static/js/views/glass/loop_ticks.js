/* The newest ticks side by side: how long each slept, and how long it ran. */
import { html, useState } from "../../kit.js";
import { dur, nf, t } from "../../i18n.js";
import { tall } from "../../model/ticks.js";

const WIDE = 12;
const UP = 44;
const DOWN = 28;
const MOST = 50;

/** `ticks`: [[slept_us, ran_us, steps, returned]], the newest last; steps: null where they are not seen. */
export function Ticks({ ticks }) {
  const [at, point] = useState(null);
  if (!ticks.length) return null;
  const shown = ticks.slice(-MOST);
  const [slept, ran, steps, returned] = shown[at] ?? shown.at(-1);
  const words = [t("lp.blocked", { v: dur(slept / 1000) }), t("loop.tick.ran", { v: dur(ran / 1000) }), steps !== null && t("loop.tick.steps", { n: steps }), t("lp.ret", { n: returned })];
  return html`<section class="panel" aria-labelledby="ticks-h"><div class="pn-h"><h2 id="ticks-h">${t("loop.ticks", { n: shown.length })}</h2>
      <span class="r">${words.filter(Boolean).join(" · ")}</span></div>
    <svg class="ticks" viewBox="0 0 ${MOST * WIDE} ${UP + DOWN + 1}" preserveAspectRatio="none" role="img" onMouseLeave=${() => point(null)}
      aria-label=${t("loop.ticks.d", { a: dur(Math.max(...shown.map(([, us]) => us)) / 1000), b: dur(Math.max(...shown.map(([us]) => us)) / 1000) })}>
      ${shown.map(([slept_us, ran_us], index) => {
        const x = (MOST - shown.length + index) * WIDE;
        return html`<g key=${index} class=${at === index ? "on" : ""} onMouseEnter=${() => point(index)}><rect class="all" x=${x} y="0" width=${WIDE} height=${UP + DOWN + 1}/>
          <rect class="ran" x=${x + 1} y=${UP - tall(ran_us) * UP} width=${WIDE - 2} height=${tall(ran_us) * UP}/>
          <rect class="slept" x=${x + 1} y=${UP + 1} width=${WIDE - 2} height=${tall(slept_us) * DOWN}/></g>`;
      })}</svg>
    <ul class="lgd ticks-l"><li><i class="lk run"></i>${t("loop.tick.l.ran")}</li><li><i class="lk slept"></i>${t("loop.tick.l.slept")}</li><li class="muted">${t("loop.tick.l.scale", { n: nf(shown.length) })}</li></ul></section>`;
}
