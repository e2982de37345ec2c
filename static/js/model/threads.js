/* Threads over time: what each of them did, from its calls and from looks at it; pure. */

const KINDS = {
  recv: "in", recvfrom: "in", recvmsg: "in", recv_into: "in", recvfrom_into: "in",
  send: "out", sendall: "out", sendto: "out", sendmsg: "out", sendfile: "out",
  accept: "accept", connect: "connect", lock: "lock", wait: "wait", join: "wait", sleep: "sleep", input: "input",
  select: "select", poll: "select", epoll: "select",
};
/* How a group of threads is drawn. */
const THIN_FROM = 25;
const GROUPED_FROM = 101;
export const HISTORY_S = 30;

/**
 * The kind of a call, as lanes draw it: in out accept connect lock wait sleep input select other;
 * "run" without a call.
 */
const callKind = (call) => (call === null || call === undefined ? "run" : (KINDS[call] ?? "other"));

/** How many threads ask for which drawing: "lanes", "thin" or "groups". */
export const drawing = (count) => (count >= GROUPED_FROM ? "groups" : count >= THIN_FROM ? "thin" : "lanes");

/**
 * The holds of locks in the last seconds: [{lock, holder, from, to}]. `before`: those that were known
 * at the look before. A look brings those that have ended meanwhile, and says which last at `at`.
 */
export function holds(before, { locks }, at) {
  const past = before.filter((one) => !one.lasts && at - one.to < HISTORY_S);
  const ended = locks.flatMap(({ id, holds: list }) =>
    (list ?? []).map(({ thread, at: from, held_s }) => ({ lock: id, holder: thread, from, to: from + held_s })),
  );
  const lasting = locks
    .filter(({ holder }) => holder !== null)
    .map(({ id, holder, held_s }) => ({ lock: id, holder, from: at - (held_s ?? 0), to: at, lasts: true }));
  return [...past, ...ended, ...lasting];
}

/**
 * The acts that looks of the last seconds have seen threads in: [{thread, kind, line, socket, from, to, lasts}]. No call tells
 * of some of them, as of the wait of a server for its listener. `before`: those known at the look before; none for many threads.
 */
export function acts(before, { threads }, at) {
  if (drawing(threads.length) === "groups") return [];
  const lasting = new Map(before.filter(({ lasts }) => lasts).map((one) => [one.thread, one]));
  const goOn = new Set();
  const seen = [];
  for (const row of threads) {
    const act = { thread: row.name, kind: doing(row), line: row.line, socket: row.socket, from: at - (row.waited_s ?? 0), to: at, lasts: true };
    if (act.kind === "run") continue;
    const prior = lasting.get(act.thread);
    const same = prior && prior.kind === act.kind && prior.line === act.line && act.from <= prior.to;
    if (same) goOn.add(prior);
    seen.push(same ? { ...act, from: prior.from } : act);
  }
  const past = before.filter((one) => at - one.to < HISTORY_S && !goOn.has(one)).map((one) => ({ ...one, lasts: false }));
  return [...past, ...seen];
}

/**
 * A lane a thread, also of those that have ended since: Map of its name to [{kind, from, to, line, socket, now}], in the order of time. A
 * call takes the time that it waited. Between two calls the thread did what looks have seen, and ran
 * otherwise, unless calls in between were not seen. `rows` say what it does at `at`, the moment that ends the lanes.
 * `acts` of looks that began at `since`: a long time without a call before the first of them shows nothing.
 */
export function lanes(points, rows, at, { acts: seen, since } = NOT_LOOKED, span_s = HISTORY_S) {
  const found = new Map(rows.map(({ name }) => [name, []]));
  const between = { holes: gaps(points), since, acts: Map.groupBy(inTime(seen), ({ thread }) => thread) };
  for (const point of points) {
    if (point.gap || point.at < at - span_s) continue;
    if (!found.has(point.thread)) found.set(point.thread, []);
    const lane = found.get(point.thread);
    const from = point.at - point.waited_us / 1e6;
    fill(lane, from, point.thread, between);
    lane.push({ kind: callKind(point.call), from, to: point.at, line: point.line, socket: point.stream ?? null, n: point.n });
  }
  for (const row of rows) doesNow(found.get(row.name), row, at, between);
  return found;
}

const NOT_LOOKED = { acts: [], since: -Infinity };
const inTime = (acts) => [...acts].sort((a, b) => a.from - b.from);

/* Twice the time between two looks: a shorter piece beside an act that a look has seen belongs to it. */
const LOOK_S = 0.5;

function fill(lane, until, thread, between) {
  for (const act of between.acts.get(thread) ?? []) {
    const last = lane.at(-1);
    let [from, to] = [Math.max(act.from, last?.to ?? act.from), Math.min(act.to, until)];
    if (from >= to) continue;
    if (last && from - last.to < LOOK_S) from = last.to;
    if (until - to < LOOK_S) to = until;
    ran(lane, from, between);
    lane.push({ kind: act.kind, from, to, line: act.line, socket: act.socket });
  }
  ran(lane, until, between);
}

function ran(lane, until, { holes, since }) {
  const last = lane.at(-1);
  if (!last || until <= last.to) return;
  const blind = holes.some(([from, to]) => from < until && to > last.to);
  const dark = Math.min(until, since);
  const lit = !blind && dark - last.to >= UNSEEN_S ? dark : last.to;
  const add = (kind, from, to) => from < to && lane.push({ kind, from, to, line: last.line, socket: null });
  add("unseen", last.to, lit);
  add(blind ? "unseen" : "run", lit, until);
}

function doesNow(lane, row, at, between) {
  const from = at - (row.waited_s ?? 0);
  const kind = doing(row);
  const calls = row.call !== null;
  if (calls) fill(lane, from, row.name, between);
  const since = calls ? from : (lane.at(-1)?.to ?? at);
  if (since < at) lane.push({ kind, from: since, to: at, line: row.line, socket: row.socket, now: true });
}

/* Times in which calls went unseen: [from, to]. */
function gaps(points) {
  const found = [];
  for (let index = 1; index < points.length; index += 1) {
    const [before, here, after] = [points[index - 1], points[index], points[index + 1]];
    if (here.gap && after) found.push([before.at, after.at]);
  }
  return found;
}

/* A thread that has made no call for so long computes, or waits for what is not seen. */
export const UNSEEN_S = 1;

/** The present act of a thread, by its row: a kind of a call, or "unseen". */
export const doing = (row) => (callKind(row.call) === "run" && row.waited_s >= UNSEEN_S ? "unseen" : callKind(row.call));

/** How many threads do what: [[kind, count]], the most frequent first. */
export function counts(rows) {
  const found = new Map();
  for (const row of rows) found.set(doing(row), (found.get(doing(row)) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1]);
}

/** Threads that stand in the same call of the same line: [{key, kind, call, line, function, rows, longest_s}]. */
export function groups(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = `${row.call} ${row.line}`;
    const group = found.get(key) ?? { key, kind: doing(row), call: row.call, line: row.line, function: row.function, rows: [], longest_s: 0, at_least: false };
    group.rows.push(row);
    if ((row.waited_s ?? 0) >= group.longest_s) Object.assign(group, { longest_s: row.waited_s ?? 0, at_least: Boolean(row.at_least) });
    found.set(key, group);
  }
  return [...found.values()].sort((a, b) => b.rows.length - a.rows.length);
}

/** The rows whose name, call or line holds the words. */
export function chooseThreads(rows, words, kind) {
  const wanted = words.trim().toLowerCase();
  return rows.filter(
    (row) => (!kind || doing(row) === kind) && `${row.name} ${row.call ?? ""} ${row.line ?? ""} ${row.function ?? ""}`.toLowerCase().includes(wanted),
  );
}

/** A cycle of threads of which each waits for a lock that the next one holds: [{thread, line, lock}], or null. */
export function cycle({ threads, locks }) {
  const waits = new Map(threads.filter(({ call, lock }) => call === "lock" && lock !== null).map((row) => [row.name, row]));
  const held = new Map(locks.map((lock) => [lock.id, lock]));
  for (const start of waits.keys()) {
    const path = [];
    for (let name = start; waits.has(name) && !path.some(({ thread }) => thread === name); ) {
      const row = waits.get(name);
      const lock = held.get(row.lock);
      path.push({ thread: name, line: row.line, lock });
      name = lock?.holder ?? null;
      if (name === start) return path;
    }
  }
  return null;
}

const OUT = new Set(["send", "sendall", "sendto"]);

/**
 * The newest time that one thread sent the same bytes to several sockets: {thread, line, at,
 * sends: [{n, stream, waited_us, error}]} in the order of sending; null when it never did. `rows`:
 * a thread that sends now is added as `now`: {socket, waited_s}.
 */
export function fanOut(points, rows) {
  for (let index = points.length - 1; index >= 0; index -= 1) {
    const last = points[index];
    if (!OUT.has(last.call) || !last.data) continue;
    const sends = together(points, index);
    const now = rows.find((row) => row.name === last.thread && OUT.has(row.call) && row.line === last.line) ?? null;
    if (sends.length + (now ? 1 : 0) > 1) return { thread: last.thread, line: last.line, at: last.at, sends, now };
  }
  return null;
}

function together(points, index) {
  const last = points[index];
  const sends = [];
  for (let before = index; before >= 0; before -= 1) {
    const point = points[before];
    if (point.gap || point.thread !== last.thread) continue;
    if (point.call !== last.call || point.data !== last.data || sends.some(({ stream }) => stream === point.stream)) break;
    sends.unshift(point);
  }
  return sends;
}
