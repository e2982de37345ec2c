/* Bytes as people read them: base64, text with its line ends, hex rows, HTTP messages. */

const utf8 = new TextDecoder("utf-8");

/** The bytes of a base64 text. */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** The text of some bytes as UTF-8, errors replaced. */
export const text = (bytes) => utf8.decode(bytes);

/** The first line of some bytes, for a row of a list. */
export function firstLine(bytes, characters = 120) {
  const line = text(bytes.subarray(0, characters * 4)).trimStart().split(/\r?\n/, 1)[0];
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line;
}

/** Lines of some bytes as [text, end]; `end` spells the line's end: \r\n, \n, or nothing. */
export function lines(bytes) {
  const parts = text(bytes).split("\n");
  return parts
    .map((part, index) => {
      const last = index === parts.length - 1;
      const cr = !last && part.endsWith("\r");
      return [cr ? part.slice(0, -1) : part, last ? "" : cr ? "\\r\\n" : "\\n"];
    })
    .filter(([line, end]) => line || end);
}

/**
 * Rows of a hex dump: {offset, hex, text}. The text column puts a character on its first byte and
 * a dot on the rest of it, and on what cannot be printed.
 */
export function hexRows(bytes, width) {
  const marks = characters(bytes);
  const rows = [];
  for (let offset = 0; offset < bytes.length; offset += width) {
    const row = bytes.subarray(offset, offset + width);
    rows.push({
      offset: offset.toString(16).padStart(4, "0"),
      hex: [...row].map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
      text: marks.slice(offset, offset + width).join(""),
    });
  }
  return rows;
}

/* One mark for each byte. */
function characters(bytes) {
  const marks = [];
  while (marks.length < bytes.length) {
    const at = marks.length;
    const size = sequence(bytes, at);
    const char = size ? text(bytes.subarray(at, at + size)) : "·";
    marks.push(/[\p{C}\p{Z}]/u.test(char) && char !== " " ? "·" : char);
    for (let rest = 1; rest < size; rest += 1) marks.push("·");
  }
  return marks;
}

/* How many bytes the UTF-8 character at a place takes; 0 when there is none. */
function sequence(bytes, at) {
  const first = bytes[at];
  const size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (!size || at + size > bytes.length) return 0;
  return text(bytes.subarray(at, at + size)).includes("\ufffd") ? 0 : size;
}

/** An HTTP answer: {status, reason, headers, body}; null when it is none. Names in lower case. */
export function http(bytes) {
  const end = headEnd(bytes);
  if (end < 0) return null;
  const [first, ...fields] = text(bytes.subarray(0, end)).split(/\r?\n/);
  const [, status, reason] = /^HTTP\/\d\.\d (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (!status) return null;
  const headers = Object.fromEntries(
    fields.filter(Boolean).map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(status), reason, headers, body: bytes.subarray(end) };
}

function headEnd(bytes) {
  for (let at = 3; at < bytes.length; at += 1) {
    if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) return at + 1;
  }
  return -1;
}

/** A number as people type it, with a comma or a point; null when it is none. */
export function number(typed) {
  const text = typed.trim().replace(",", ".");
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
}
