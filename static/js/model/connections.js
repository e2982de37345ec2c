/* Choosing and ordering the rows of connections; no document. */

const QUEUE_SLOTS = 10;
/* Bytes that wait in Send-Q this long without becoming fewer: the peer has stopped reading. */
const STUCK_S = 2;

/** The rows of listening sockets, and the others: [listeners, clients]. */
export const parted = (rows) => [rows.filter(({ state }) => state === "listening"), rows.filter(({ state }) => state !== "listening")];

/** The slots of an accept queue, whether each is taken: one a client, or ten for a long queue. At least one is taken as soon as
    anybody waits. */
export function slots(queue, limit) {
  const all = Math.min(limit, QUEUE_SLOTS);
  const taken = queue > 0 ? Math.max(1, Math.round((queue / limit) * all)) : 0;
  return Array.from({ length: all }, (_, index) => index < taken);
}

/** The rows whose peer, state or label holds the words, in the wanted order. `sort`: {by, down}. */
export function chooseRows(rows, words, sort) {
  const wanted = words.trim().toLowerCase();
  const hit = (row) => [row.peer, row.state, row.tcp_state ?? "", row.label].some((field) => field.toLowerCase().includes(wanted));
  const way = sort.down ? -1 : 1;
  return rows.filter(hit).sort((a, b) => way * compare(a[sort.by], b[sort.by]) || a.id - b.id);
}

function compare(a, b) {
  if (typeof a === "string") return a.localeCompare(b, "en", { numeric: true });
  return (a ?? -1) - (b ?? -1);
}

/** The row whose peer has stopped reading for longest, or null. `table` as in state.rows. */
export function stuckRow(table) {
  const waiting = table.rows.filter((row) => table.at - (table.stuck[row.id]?.since ?? table.at) >= STUCK_S);
  return waiting.sort((a, b) => table.stuck[a.id].since - table.stuck[b.id].since)[0] ?? null;
}

/** Rows of each state, the most frequent first. */
export function stateCounts(rows) {
  const counts = new Map();
  for (const row of rows) counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
