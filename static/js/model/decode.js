/* Bytes as people read them: base64, text, HTTP messages, JSON. */

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes of a base64 text. */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** The text of some bytes as UTF-8, errors replaced. */
export const text = (bytes) => utf8.decode(bytes);

/** The first line of some bytes, for a row of a list. */
export function firstLine(bytes, characters = 120) {
  const line = text(bytes.subarray(0, characters * 4)).trimStart().split(/\r?\n/, 1)[0];
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line;
}

/** An HTTP answer: {status, reason, headers, body}; null when it is none. Names in lower case. */
export function http(bytes) {
  const message = httpHead(bytes);
  const [, status, reason] = /^HTTP\/\d\.\d (\d{3}) ?(.*)$/.exec(message?.first ?? "") ?? [];
  if (!status || !message.whole) return null;
  const headers = Object.fromEntries(message.fields.map(([name, value]) => [name.toLowerCase(), value]));
  return { status: Number(status), reason, headers, body: message.body };
}

const HTTP_FIRST = /^(HTTP\/\d\.\d \d{3}|[A-Z]+ \S+ HTTP\/\d\.\d$)/;

/** The head of an HTTP request or answer: {first, fields: [[name, value]], body, whole}, or null. */
export function httpHead(bytes) {
  const end = headEnd(bytes);
  const [first, ...lines] = text(end < 0 ? bytes : bytes.subarray(0, end)).split(/\r?\n/);
  if (!HTTP_FIRST.test(first)) return null;
  const fields = lines.filter((line) => line.includes(":")).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { first, fields, body: end < 0 ? bytes.subarray(bytes.length) : bytes.subarray(end), whole: end >= 0 };
}

/** A JSON object or list, indented; null when the bytes are none. */
export function json(bytes) {
  try {
    const value = JSON.parse(text(bytes));
    return typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
}

function headEnd(bytes) {
  for (let at = 3; at < bytes.length; at += 1) {
    if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) return at + 1;
  }
  return -1;
}

/* Zero or more, in ASCII, as in the console client: Number() takes `0x10` and every blank of Unicode as well. */
const NUMBER = /^[ \t\r]*((?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?)[ \t\r]*$/;

/** A number as people type it, zero or more, with a comma or a point; null when it is none. */
export function number(typed) {
  const value = Number(NUMBER.exec(typed.replace(",", "."))?.[1]);
  return Number.isFinite(value) ? value : null;
}
