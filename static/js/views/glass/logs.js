/* The live tail of a server's log. */
import { Button, Search, Toggle, glyph, html, icon, useDraft, useEffect, useMemo, useState } from "../../kit.js";
import { clock, nf, t, thousandths } from "../../i18n.js";
import { LEVELS, chooseLines, levelCounts, matches, parts } from "../../model/logs.js";
import { startable } from "../../model/selectors.js";
import { Empty } from "../shell/not_running.js";
import { Tail } from "./tail.js";

const SHAPES = { error: "crashed", warning: "blocked", info: "running", debug: "stopped" };
const NOTHING = [];

export function Logs({ state, actions, name }) {
  const live = state.logs[name]?.lines ?? NOTHING;
  const [held, setHeld] = useState(null);
  const [levels, setLevels] = useDraft("logs.levels", LEVELS);
  const [words, setWords] = useDraft(`logs.words.${name}`, "");
  const [only, setOnly] = useDraft("logs.only", false);
  const [wrap, setWrap] = useDraft("logs.wrap", false);
  useEffect(() => setHeld(null), [name]);

  const lines = held ?? live;
  const counts = useMemo(() => levelCounts(lines), [lines]);
  const shown = useMemo(() => chooseLines(lines, { levels, words, only }), [lines, levels, words, only]);
  const found = useMemo(() => matches(shown, words), [shown, words]);
  const flip = (level) =>
    setLevels(levels.includes(level) ? levels.filter((other) => other !== level) : [...levels, level]);
  const waiting = held ? newer(live, held) : 0;

  return html`<section class="panel logs" aria-label=${t("tab.logs")}>
    <div class="toolbar">
      <div class="chips" role="group" aria-label=${t("l.levels")}>${LEVELS.map(
        (level) => html`<button type="button" class="fchip" key=${level} aria-pressed=${String(levels.includes(level))}
          onClick=${() => flip(level)}><span class="lv ${level}">${glyph(SHAPES[level])}${level}</span><small>${nf(counts[level])}</small></button>`,
      )}</div>
      <${Search} label=${t("l.search")} value=${words} onInput=${setWords}/>
      ${words && html`<span class="muted" role="status">${t("l.matches", { n: found })}</span>
        <${Toggle} label=${t("l.only")} on=${only} onChange=${setOnly}/>`}
      <span class="sp"></span>
      <${Button} data-key="Space" icon=${held ? "play" : "pause"} label=${t(held ? "wire.resume" : "wire.pause")}
        title=${t("wire.pause.d")} onClick=${() => setHeld(held ? null : live)}/>
      <button type="button" class="btn ib" aria-label=${t("l.wrap")} title=${t("l.wrap")} aria-pressed=${String(wrap)}
        onClick=${() => setWrap(!wrap)}>${icon("wrap")}</button>
      <a class="btn ib" href=${`/api/servers/${name}/logs?download=1`} download aria-label=${t("l.dl")} title=${t("l.dl")}>${icon("dl")}</a>
    </div>
    <${Tail} key=${`${name}${wrap}`} lines=${shown} label=${t("tab.logs")} wrap=${wrap} held=${Boolean(held)} waiting=${waiting}
      draw=${(line) => html`<${Line} key=${`${line.n}${line.gap ? "g" : ""}`} line=${line} words=${words}/>`}
      empty=${lines.length ? t("l.none.level") : startable(state.servers[name]) ? html`<${Empty} state=${state} name=${name} sees=${t("see.logs")} actions=${actions}/>` : t("l.none")} resume=${() => setHeld(null)}/>
  </section>`;
}

const newer = (live, held) => {
  const last = held.at(-1)?.n ?? -1;
  return live.filter((line) => !line.gap && line.n > last).length;
};

function Line({ line, words }) {
  if (line.gap) return html`<li class="gap">${t("l.gap", { n: line.gap })}</li>`;
  return html`<li class=${line.level}><time>${clock(line.at)}<small>${thousandths(line.at)}</small></time>
    <span class="lv ${line.level}">${glyph(SHAPES[line.level] ?? "stopped")}${line.level}</span>
    <span class="text">${parts(line.text, words).map(([part, hit]) => (hit ? html`<mark>${part}</mark>` : part))}</span></li>`;
}
