/* Bytes in rows: what stands on each of them, what a selection of them says, where words are found; pure. */
import { text } from "./decode.js";

const NOT_SEEN = /[\p{C}\p{Z}]/u;
/* Letters that the page's monospaced font draws in one column. */
const NARROW = /^[\u0020-\u024f\u0400-\u04ff\u2010-\u2026·]$/;
const SPELLED = { 10: "\\n", 13: "\\r", 9: "\\t" };

/** How many bytes the UTF-8 character at a place takes; 0 when there is none. */
export function sequence(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return 1; // nearly all; the decoder is dear
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (!size || at + size > bytes.length) return 0;
  return text(bytes.subarray(at, at + size)).includes("\ufffd") ? 0 : size;
}

/** Whether the bytes from a place on are the beginning of a character whose rest is not there. */
function broken(bytes, at) {
  const wanted = bytes[at] >= 0xf0 && bytes[at] <= 0xf4 ? 4 : bytes[at] >= 0xe0 ? 3 : bytes[at] >= 0xc2 ? 2 : 0;
  const rest = bytes.subarray(at + 1);
  return bytes[at] < 0xf5 && at + wanted > bytes.length && rest.every((byte) => byte >> 6 === 2);
}

/**
 * The first byte that is not UTF-8: {at, half}, or null. `half`: the bytes end within a character,
 * whose rest may come with the next call.
 */
export function notUtf8(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const size = sequence(bytes, at);
    if (!size) return { at, half: broken(bytes, at) };
    at += size;
  }
  return null;
}

/** One mark for each byte: a character on its first byte, a dot on the rest and on what is not seen. */
export function characters(bytes) {
  const marks = [];
  while (marks.length < bytes.length) {
    const at = marks.length;
    const size = sequence(bytes, at);
    const char = size === 1 ? String.fromCharCode(bytes[at]) : size ? text(bytes.subarray(at, at + size)) : "·";
    marks.push(NOT_SEEN.test(char) && char !== " " ? "·" : char);
    for (let rest = 1; rest < size; rest += 1) marks.push("·");
  }
  return marks;
}

/** Whether a character takes one column of the page's monospaced font. */
export const narrow = (char) => NARROW.test(char);

/** Two hexadecimal digits a byte, with a space between two. */
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** Rows of a hex dump: {at, offset, bytes, marks}; `width` bytes a row. */
export function hexRows(bytes, width) {
  const marks = characters(bytes);
  const rows = [];
  for (let at = 0; at < bytes.length; at += width) {
    rows.push({
      at,
      offset: at.toString(16).padStart(4, "0"),
      bytes: bytes.subarray(at, at + width),
      marks: marks.slice(at, at + width),
    });
  }
  return rows;
}

/**
 * The range [from, to) cut where a mark begins or ends: [{from, to, cls}]. `marks`: [{from, to, cls}];
 * of marks that lie on each other the last one gives the class.
 */
export function pieces(from, to, marks) {
  const cuts = marks.flatMap((mark) => [mark.from, mark.to]).filter((at) => at > from && at < to);
  const edges = [...new Set([from, ...cuts, to])].sort((a, b) => a - b);
  return edges.slice(0, -1).map((edge, index) => ({
    from: edge,
    to: edges[index + 1],
    cls: marks.findLast((mark) => mark.from <= edge && mark.to > edge)?.cls ?? null,
  }));
}

/** A selection in figures: {bytes, text, points, characters}. `points` are names as U+041E. */
export function selected(bytes, from, to) {
  const part = bytes.subarray(from, to);
  const read = text(part);
  const points = [...read].map((char) => `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
  return { bytes: part, text: [...read].map(seen).join(""), points, valid: notUtf8(part) === null };
}

const seen = (char) => SPELLED[char.codePointAt(0)] ?? (NOT_SEEN.test(char) && char !== " " ? "·" : char);

/** The byte under a column of a row of hex digits, where `gap` more spaces stand before the ninth. */
export function byteOfColumn(column, width, gap = 1) {
  const half = width / 2;
  const at = column < half * 3 ? column / 3 : (column - gap) / 3;
  return Math.max(0, Math.min(width - 1, Math.floor(at)));
}

/** Text in pieces [words, class]: line ends ("end"), bytes that are not UTF-8 ("bad"), others that are not seen ("end"). */
export function spelled(bytes) {
  const parts = [];
  let plain = 0;
  const flush = (at) => at > plain && parts.push([text(bytes.subarray(plain, at)), null]);
  for (let at = 0; at < bytes.length; ) {
    const size = sequence(bytes, at);
    const special = !size || bytes[at] < 0x20 || bytes[at] === 0x7f;
    if (special) {
      flush(at);
      parts.push([SPELLED[bytes[at]] ?? `\\x${bytes[at].toString(16).padStart(2, "0")}`, size ? "end" : "bad"]);
      if (bytes[at] === 10) parts.push(["\n", null]);
      plain = at + 1;
    }
    at += size || 1;
  }
  flush(bytes.length);
  return parts;
}

/** The bytes that typed words stand for: as text, and as hex digits where they are some. */
export function needles(words) {
  const wanted = words.trim();
  if (!wanted) return [];
  const digits = wanted.replace(/\s+/g, "");
  const asHex = /^([0-9a-f]{2})+$/i.test(digits) && [Uint8Array.from(digits.match(/../g), (two) => parseInt(two, 16))];
  return [new TextEncoder().encode(wanted), ...(asHex || [])];
}

/** The places of a needle in some bytes: [{from, to}], at most `limit`. */
export function places(bytes, needle, limit = 200) {
  const found = [];
  for (let at = bytes.indexOf(needle[0]); at >= 0 && found.length < limit; at = bytes.indexOf(needle[0], at + 1)) {
    if (needle.every((byte, index) => bytes[at + index] === byte)) found.push({ from: at, to: at + needle.length });
  }
  return found;
}
