/* How the event loop's figures become lanes; pure. Lane names are the telemetry's. */

export const LANES = ["ready", "reading", "writing", "sleeping"];
/** The lanes of a loop: of one that is seen from outside, also that of tasks which wait for something else. */
export const lanesOf = ({ kind }) => (kind === "tasks" || kind === "sockets" ? LANES : [...LANES, "waiting"]);
/** The tone of a lane's colours and the name of its sign. */
export const TONE = { ready: "ready", running: "run", reading: "read", writing: "write", sleeping: "timer", waiting: "timer" };
export const SIGN = { ready: "list", running: "play", reading: "din", writing: "dout", sleeping: "clock", waiting: "hour" };
export const AGES = [["<10", "ms"], ["<100", "ms"], ["<1", "s"], ["<10", "s"], [">10", "s"]];

const SCALES = [1, 2, 5, 10, 20, 50, 100, 200];
const GAP = 2;

/** How a lane with `count` tasks is drawn: cards, tokens, or squares. `tokens`: whether names are known. */
export function drawing(count, tokens, { cards, names }) {
  if (!count) return "empty";
  if (!tokens) return "squares";
  return count <= cards ? "cards" : count <= names ? "tokens" : "squares";
}

/**
 * Squares for `count` tasks in a field of width x height pixels: {size, columns, per}; `per` tasks
 * a square. The first scale that fits with squares of 7 px or more (6 at 1:1). `before` is the
 * scale drawn last: it is kept while it fits and is not twice too coarse, so that it does not flicker.
 */
export function squares(count, width, height, before = 0) {
  const fits = SCALES.map((per) => fit(Math.ceil(count / per), width, height, per)).filter(Boolean);
  const best = fits[0] ?? { size: 7, columns: Math.max(1, Math.floor(width / 9)), per: SCALES.at(-1) };
  const kept = fits.find(({ per }) => per === before);
  return kept && fits.indexOf(kept) <= 1 ? kept : best;
}

function fit(cells, width, height, per) {
  for (let size = 13; size >= (per === 1 ? 6 : 7); size -= 1) {
    const step = size + GAP;
    const columns = Math.floor((width + GAP) / step);
    const rows = Math.floor((height + GAP) / step);
    if (columns > 0 && columns * rows >= cells) return { size, columns, per };
  }
  return null;
}

/** The age class (0 youngest .. 4 oldest) of the task at `index` from the oldest, out of exact counts. */
export function ageClass(ages, index) {
  let left = index;
  for (let kind = ages.length - 1; kind >= 0; kind -= 1) {
    if (left < ages[kind]) return kind;
    left -= ages[kind];
  }
  return 0;
}

/** Tokens [id, lane, ms, label, peer] of a lane, oldest first; null where they are not sent. */
export const tokensOf = (loop, lane) =>
  loop.tokens?.length ? loop.tokens.filter(([, where]) => where === lane) : loop.tasks > 60 ? null : [];

/** Width of a flow line by the logarithm of the count that flows or waits; 0 is a thin dotted line. */
export const flowWidth = (count) => (count > 0 ? Math.min(7, 1.75 + Math.log10(count + 1) * 1.35) : 1.25);

/** Tasks that moved from one lane to another since the last frame. */
export const moved = (loop, from, to) => loop.moves?.[`${from}>${to}`] ?? 0;

/** The last points of a series that are not older than `span_s`, as uPlot wants them: x is seconds ago. */
export function recent(series, names, span_s = 60) {
  const at = series.at;
  const end = at.at(-1) ?? 0;
  let start = 0;
  while (start < at.length && end - at[start] > span_s) start += 1;
  return [at.slice(start).map((time) => time - end), ...names.map((name) => series[name].slice(start))];
}

/** Rows of the task table: filtered by lane and words, longest in their state first. */
export function chooseTasks(rows, lane, words) {
  const needle = words.trim().toLowerCase();
  const laneOf = (row) => (row.state === "accepting" ? "reading" : row.state);
  return rows
    .filter((row) => lane === "all" || laneOf(row) === lane)
    .filter((row) => !needle || `#${row.id} ${row.peer} ${row.label}`.toLowerCase().includes(needle))
    .sort((a, b) => b.state_s - a.state_s);
}
