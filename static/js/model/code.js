/* A program's source with what its lines do: calls, bytes, time, and what stands where; pure. */

import { UNSEEN_S } from "./threads.js";

const READS = new Set(["recv", "recvfrom", "recv_into", "recvmsg", "accept", "select", "poll", "epoll"]);
const NO_CODE = { lines: {}, standing: [] };

/** What stands on a line, as a hue of the tokens: read, write, ready, run; timer where it may wait unseen. */
export function toneOf({ call, longest_s: longest }) {
  if (!call) return longest >= UNSEEN_S ? "timer" : "run";
  if (READS.has(call)) return "read";
  return /^(send|connect)/.test(call) ? "write" : "ready";
}

/** {file, n} of a place as "server.py:24", or null. */
export function placeOf(text) {
  const found = /^(.+):(\d+)$/.exec(text ?? "");
  return found && { file: found[1], n: Number(found[2]) };
}

/* The same file, whichever of the two names more of its folders. */
const same = (a, b) => a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);

/** The file of a list that a place names; the first one without any. */
export const fileOf = (files, place) => files.find((file) => place && same(file, place.file)) ?? files[0];

/**
 * The lines of a file: [{n, key, count, share, standing, held, stop}]. `count`: its calls, or null; `share`: its
 * time blocked, of the longest one's in the file (0..1); `standing`: who stands there, or null; `held`: "next", "held" or
 * null; `stop`: a breakpoint is there. `key`: the place as the program's points name it.
 */
export function annotated({ file, lines }, code, points, stops) {
  const at = (entries, place) => byLine(entries.filter((entry) => same(placeOf(place(entry))?.file ?? "", file)), place);
  const counts = at(Object.entries(code?.lines ?? NO_CODE.lines), ([key]) => key);
  const standing = at(code?.standing ?? NO_CODE.standing, ({ line }) => line);
  const held = at(points, ({ line }) => line);
  const set = at(stops, (line) => line);
  const longest = Math.max(1, ...[...counts.values()].map(([, count]) => count.waited_us));
  return lines.map((_, index) => {
    const n = index + 1;
    const [key, count] = counts.get(n) ?? [`${file}:${n}`, null];
    const share = count ? count.waited_us / longest : 0;
    const state = held.get(n) && (held.get(n) === points[0] ? "next" : "held");
    return { n, key, count, share, standing: standing.get(n) ?? null, held: state ?? null, stop: set.has(n) };
  });
}

/* The first entry of each line. */
function byLine(entries, place) {
  const map = new Map();
  for (const entry of entries) {
    const { n } = placeOf(place(entry));
    if (!map.has(n)) map.set(n, entry);
  }
  return map;
}

/** The places where something stands, the most crowded first, then the longest. */
export const crowded = (code) =>
  [...(code?.standing ?? NO_CODE.standing)].sort((a, b) => b.count + b.tasks - a.count - a.tasks || (b.longest_s ?? 0) - (a.longest_s ?? 0));
