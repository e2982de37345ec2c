/* Texts, numbers, sizes, durations and times in the language of the page. */

let language = "en";
let catalogue = {};
let plurals = new Intl.PluralRules("en");
const formats = new Map();

/** Speak another language from now on; `words` is its whole catalogue. */
export function speak(lang, words) {
  language = lang;
  catalogue = words;
  plurals = new Intl.PluralRules(lang);
  formats.clear();
}

/**
 * The text of a key. `{name}` is replaced by a value, numbers in the local form; `{n:one|few|many}`
 * picks a plural form by the value of n (English needs two forms, Russian three). An unknown key
 * comes back as itself.
 */
export function t(key, values) {
  const text = catalogue[key] ?? key;
  if (!values) return text;
  return text
    .replace(/\{(\w+):([^}]+)\}/g, (_, name, forms) => plural(Number(values[name]), forms.split("|")))
    .replace(/\{(\w+)\}/g, (whole, name) => insert(values[name] ?? whole));
}

/** The language of the page, "en" or "ru". */
export const spoken = () => language;

/** Whether the catalogue knows a key. */
export const has = (key) => key in catalogue;

function plural(n, forms) {
  const index = { one: 0, few: 1, many: 2, other: language === "ru" ? 1 : forms.length - 1 };
  return forms[Math.min(index[plurals.select(n)], forms.length - 1)];
}

const insert = (value) => (typeof value === "number" ? nf(value) : value);

/** A number as people write it: 1,234.5 or 1 234,5. */
export function nf(number, options) {
  const key = options ? JSON.stringify(options) : "";
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language === "ru" ? "ru-RU" : "en-US", options);
    formats.set(key, format);
  }
  return format.format(number);
}

/** A number of bytes in units of 1,000 with at most three digits. */
export function bytes(number) {
  const units = language === "ru" ? ["Б", "КБ", "МБ", "ГБ"] : ["B", "KB", "MB", "GB"];
  let unit = 0;
  let rest = number;
  while (rest >= 999.5 && unit < 3) {
    rest /= 1000;
    unit += 1;
  }
  const digits = unit && rest < 99.5 ? 1 : 0;
  return `${nf(rest, { maximumFractionDigits: digits })}\u00a0${units[unit]}`;
}

/** A duration in milliseconds: 410 µs, 1.2 ms, 4.8 s, 12:17, 1:02:10. */
export function dur(ms) {
  const ru = language === "ru";
  if (ms < 1) return `${nf(ms * 1000, { maximumFractionDigits: 0 })}\u00a0${ru ? "мкс" : "µs"}`;
  if (ms < 1000) {
    return `${nf(ms, { maximumFractionDigits: ms < 10 ? 1 : 0 })}\u00a0${ru ? "мс" : "ms"}`;
  }
  const seconds = ms / 1000;
  if (seconds < 60) {
    const digits = seconds < 10 ? 1 : 0;
    return `${nf(seconds, { maximumFractionDigits: digits })}\u00a0${ru ? "с" : "s"}`;
  }
  return hands(Math.floor(seconds));
}

/** How long something stands, in seconds; `at_least`: it began before anybody looked. */
export const stood = (seconds, at_least) => `${at_least ? "≥\u00a0" : ""}${dur(seconds * 1000)}`;

/** A share of 0..1 as 12.5 %. */
export const percent = (share) => `${nf(Math.round(share * 1000) / 10)}\u00a0%`;

/** Whole seconds as 0:07, 12:17 or 1:02:10. */
export function hands(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The time of day of a Unix time in seconds: 10:42:07. */
export function clock(at) {
  const date = new Date(at * 1000);
  const two = (n) => String(n).padStart(2, "0");
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

/** Day and time of an ISO 8601 moment, as people write them. */
export const moment = (iso) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso));

/** The milliseconds that follow a clock(): .796 */
export const thousandths = (at) => `.${String(new Date(at * 1000).getMilliseconds()).padStart(3, "0")}`;
