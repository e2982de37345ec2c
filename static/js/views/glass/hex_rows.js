/* A hex dump: digits at the left, characters at the right, marks in both. */
import { html, useEffect, useState } from "../../kit.js";
import { byteOfColumn, hexRows, narrow, pieces } from "../../model/hex.js";

/* Sixteen bytes a row need this much room; eight do with less. */
const WIDE_REM = 39;
const NO_MARKS = [];

/** Rows of `width` bytes. `marks`: [{from, to, cls}] over all bytes. */
export const HexRows = ({ data, width, marks = NO_MARKS }) =>
  hexRows(data, width).map((row) => {
    const parts = pieces(row.at, row.at + row.bytes.length, marks);
    return html`<div class="hr w${width}" key=${row.at} data-at=${row.at}><span class="o">${row.offset}</span>
      <span class="b">${parts.map((part) => [marked(part, digits(row, part, width)), space(row, part, width)])}</span>
      <span class="a">${parts.map((part) => marked(part, letters(row, part)))}</span></div>`;
  });

const marked = ({ cls }, words) => (cls ? html`<mark class=${cls}>${words}</mark>` : words);

const between = (at, width) => (at % width === width / 2 ? "  " : " ");

function digits({ at, bytes }, { from, to }, width) {
  let words = "";
  for (let byte = from; byte < to; byte += 1) {
    words += (byte > from ? between(byte, width) : "") + bytes[byte - at].toString(16).padStart(2, "0");
  }
  return words;
}

const space = ({ at, bytes }, { to }, width) => (to < at + bytes.length ? between(to, width) : "");

/* A letter of another width than the font's still takes one column. */
function letters({ at, marks }, { from, to }) {
  const shown = marks.slice(from - at, to - at);
  return shown.every(narrow) ? shown.join("") : shown.map((char) => (narrow(char) ? char : html`<i class="wd">${char}</i>`));
}

/** The byte under the pointer: {block, at}, or null. `block`: the value of its data-block. */
export function byteUnder({ target, clientX }, width) {
  const row = target.closest?.(".hr");
  const column = target.closest?.(".hr .b, .hr .a");
  const block = target.closest?.("[data-block]");
  if (!row || !column || !block) return null;
  const { left, width: wide } = column.getBoundingClientRect();
  const share = (clientX - left) / wide;
  const at = column.className === "a" ? Math.floor(share * width) : byteOfColumn(share * width * 3, width);
  return { block: block.dataset.block, at: Number(row.dataset.at) + Math.max(0, Math.min(width - 1, at)) };
}

/** Bytes a row for the width of a place: 16 or 8. */
export function useRowWidth(place) {
  const [wide, setWide] = useState(true);
  useEffect(() => {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const watch = new ResizeObserver(([entry]) => setWide(entry.contentRect.width >= WIDE_REM * rem));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return wide ? 16 : 8;
}
