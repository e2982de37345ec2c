/* A crash as a story: what was done with which bytes, and what helps; pure. */
import { fromBase64 } from "./decode.js";
import { notUtf8 } from "./hex.js";
import { way } from "./wire.js";

/* Exceptions that have a sentence of their own in the catalogue (crash.help.NAME). */
const HELPED = new Set([
  "UnicodeDecodeError", "UnicodeEncodeError", "ConnectionResetError", "BrokenPipeError", "ConnectionRefusedError",
  "ConnectionAbortedError", "TimeoutError", "JSONDecodeError", "ValueError", "IndexError", "KeyError", "TypeError",
  "AttributeError", "NameError", "UnboundLocalError", "ModuleNotFoundError", "FileNotFoundError", "PermissionError",
  "ZeroDivisionError", "RecursionError", "EOFError", "SyntaxError", "KeyboardInterrupt", "BlockingIOError",
]);
const MESSAGES = [
  [/Address already in use|Errno 98/, "inuse"],
  [/Bad file descriptor|Errno 9\b/, "closed"],
  [/changed (size )?during iteration/, "changed"],
  [/Too many open files|Errno 24/, "files"],
  [/not enough values to unpack|too many values to unpack/, "unpack"],
];
/* The act of a line, by the first of these that it holds. */
const DOES = [
  [/\.decode\(/, "decode"], [/json\.loads?\(/, "json"], [/\b(?:int|float)\(/, "number"], [/\.split\(|\[\d+\]/, "parts"],
  [/\.(?:send|sendall|sendto)\(/, "send"], [/\.(?:recv|recvfrom|recv_into|readline|read)\(/, "recv"],
  [/\.accept\(/, "accept"], [/\.bind\(/, "bind"], [/\.encode\(/, "encode"],
];
const CONTEXT = 64;

/** The key of what helps, without its prefix. */
export function helpOf({ exception, message }) {
  const name = exception.split(".").at(-1);
  const known = MESSAGES.find(([pattern]) => pattern.test(message ?? ""));
  return known ? known[1] : HELPED.has(name) ? name : "other";
}

/** The act of the line: "decode", "send", ..., or "line". */
export const didOf = ({ source }) => DOES.find(([pattern]) => pattern.test(source ?? ""))?.[1] ?? "line";

/** Whether it is the end that a ^C makes: wanted, not a fault. */
export const wanted = ({ exception, main }) => main && exception === "KeyboardInterrupt";

/**
 * The last bytes that the thread received around the one to blame: {bytes, from, size, bad}, or
 * null. `bad` is its place in `bytes`, or null; `from` the place of the first shown.
 */
export function evidence({ received, bad, exception }) {
  if (!received) return null;
  const all = fromBase64(received);
  const at = bad ?? (exception === "UnicodeDecodeError" ? (notUtf8(all)?.at ?? null) : null);
  const from = at === null ? 0 : Math.max(0, Math.floor(at / 16) * 16 - 16);
  return { bytes: all.subarray(from, from + CONTEXT), from, size: all.length, bad: at === null ? null : at - from };
}

/** The point that brought the last bytes of a crash's thread, or null. */
export const bringer = (points, { received, thread, at }) =>
  points.findLast((point) => point.thread === thread && point.data === received && way(point) === "in" && point.at <= at) ?? null;

/** Crashes that are alike as one, the newest of each, newest first: [{crash, count}]. */
export function alike(crashes) {
  const found = new Map();
  for (const crash of crashes) {
    const key = `${crash.exception} ${crash.line} ${crash.main}`;
    const count = (found.get(key)?.count ?? 0) + 1;
    found.delete(key);
    found.set(key, { key: `${key} ${crash.at}`, crash, count });
  }
  return [...found.values()].reverse();
}
