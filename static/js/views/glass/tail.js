/* The live end of a long list of lines. */
import { html, icon, useEffect, useLayoutEffect, useRef, useState } from "../../kit.js";
import { t } from "../../i18n.js";
import { visible } from "../../model/logs.js";

/* From this many rows on only those in sight are drawn; wrapped rows, whose heights differ, are cut. */
const VIRTUAL_FROM = 200;
const WRAPPED_SHOWN = 500;
const ROW_REM = 1.25;

/**
 * Lines {n} in order. Follows the newest one while the reader stands at the end; stays where they are when not.
 * `draw(line)`: a line as an <li> with a key. `held`, `waiting`: the list stands still and so many lines wait.
 */
export function Tail({ lines, draw, label, wrap, held = false, waiting = 0, empty, resume = () => {} }) {
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
  // Not announced line by line: a busy program would never let a screen reader finish.
  return html`<div class="tail">
    <div class="log ${wrap ? "wrap" : ""}" role="log" aria-live="off" tabindex="0" aria-label=${label} ref=${box} onScroll=${measure}>
      ${!rows.length && html`<div class="nothing">${empty}</div>`}
      ${rows.length < lines.length && html`<p class="gap">${t("l.cut", { n: lines.length - rows.length })}</p>`}
      <ol style=${virtual ? { paddingTop: `${from * height}px`, paddingBottom: `${(rows.length - to) * height}px` } : {}}>
        ${rows.slice(from, to).map(draw)}
      </ol>
    </div>
    ${below > 0 && html`<button type="button" class="btn sm fresh" onClick=${catchUp}>${icon("din")}<span>${t("l.new", { n: below })}</span></button>`}
  </div>`;
}
