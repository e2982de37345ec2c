/* The live tail of a server's log. */
import { Button, Search, Toggle, glyph, html, icon, useDraft, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../kit.js";
import { clock, nf, t, thousandths } from "../../i18n.js";
import { LEVELS, chooseLines, levelCounts, matches, parts, visible } from "../../model/logs.js";

const SHAPES = { error: "crashed", warning: "blocked", info: "running", debug: "stopped" };
const NOTHING = [];
/* From this many rows on only those in sight are drawn; wrapped rows, whose heights differ, are cut. */
const VIRTUAL_FROM = 200;
const WRAPPED_SHOWN = 500;
const ROW_REM = 1.25;

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
      <${Button} data-key="Space" icon=${held ? "play" : "pause"} label=${t(held ? "l.resume" : "l.pause")}
        onClick=${() => setHeld(held ? null : live)}/>
      <button type="button" class="btn ib" aria-label=${t("l.wrap")} title=${t("l.wrap")} aria-pressed=${String(wrap)}
        onClick=${() => setWrap(!wrap)}>${icon("wrap")}</button>
      <a class="btn ib" href=${`/api/servers/${name}/logs?download=1`} download aria-label=${t("l.dl")} title=${t("l.dl")}>${icon("dl")}</a>
    </div>
    <${Tail} key=${`${name}${wrap}`} lines=${shown} words=${words} wrap=${wrap} held=${Boolean(held)} waiting=${waiting}
      empty=${t(lines.length ? "l.none.level" : "l.none")} resume=${() => setHeld(null)}/>
  </section>`;
}

const newer = (live, held) => {
  const last = held.at(-1)?.n ?? -1;
  return live.filter((line) => !line.gap && line.n > last).length;
};

/* Follows the newest line while the reader stands at the end; stays where they are when not. */
function Tail({ lines, words, wrap, held, waiting, empty, resume }) {
  const box = useRef(null);
  const [at, setAt] = useState({ top: 0, view: 600, end: true, seen: -1 });
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const height = ROW_REM * rem;
  const rows = wrap ? lines.slice(-WRAPPED_SHOWN) : lines;
  const virtual = !wrap && rows.length >= VIRTUAL_FROM;
  const [from, to] = virtual ? visible({ count: rows.length, height, top: at.top, view: at.view }) : [0, rows.length];
  const last = lines.at(-1)?.n ?? -1;
  const measure = () => {
    if (!box.current) return;
    const { scrollTop: top, clientHeight: view, scrollHeight } = box.current;
    const end = scrollHeight - top - view < height * 1.5;
    setAt({ top, view, end, seen: end ? last : at.seen });
  };
  const toEnd = () => {
    if (!box.current) return;
    box.current.scrollTop = box.current.scrollHeight;
    measure();
  };
  useLayoutEffect(() => {
    if (at.end && !held) toEnd();
  }, [last, rows.length, held]);
  useEffect(() => {
    const watch = new ResizeObserver(measure);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const below = held ? waiting : at.end ? 0 : lines.filter((line) => line.n > at.seen && !line.gap).length;
  const catchUp = () => {
    resume();
    toEnd();
  };
  // Not announced line by line: a busy server would never let a screen reader finish.
  return html`<div class="tail">
    <div class="log ${wrap ? "wrap" : ""}" role="log" aria-live="off" tabindex="0" aria-label=${t("tab.logs")} ref=${box} onScroll=${measure}>
      ${!rows.length && html`<p class="nothing">${empty}</p>`}
      ${rows.length < lines.length && html`<p class="gap">${t("l.cut", { n: lines.length - rows.length })}</p>`}
      <ol style=${virtual ? { paddingTop: `${from * height}px`, paddingBottom: `${(rows.length - to) * height}px` } : {}}>
        ${rows.slice(from, to).map((line) => html`<${Line} key=${`${line.n}${line.gap ? "g" : ""}`} line=${line} words=${words}/>`)}
      </ol>
    </div>
    ${below > 0 && html`<button type="button" class="btn sm fresh" onClick=${catchUp}>${icon("din")}<span>${t("l.new", { n: below })}</span></button>`}
  </div>`;
}

function Line({ line, words }) {
  if (line.gap) return html`<li class="gap">${t("l.gap", { n: line.gap })}</li>`;
  return html`<li class=${line.level}><time>${clock(line.at)}<small>${thousandths(line.at)}</small></time>
    <span class="lv ${line.level}">${glyph(SHAPES[line.level] ?? "stopped")}${line.level}</span>
    <span class="text">${parts(line.text, words).map(([part, hit]) => (hit ? html`<mark>${part}</mark>` : part))}</span></li>`;
}
