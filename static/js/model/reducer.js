/* The one state of the page and how it changes; no document, no network, no clock. */
import { NO_LIVES, gone, latest, put, reborn, stood, wired } from "./observed.js";
import { NO_CONSOLE, reduceConsole } from "./console.js";
import { watch } from "./loop_alarms.js";
import { NO_ROOMS, reduceRooms } from "./rooms.js";
import { MISSING, parse } from "./routes.js";
import { inOrder } from "./selectors.js";

export const HISTORY_S = 60;
const FEED_KEPT = 200;
const LINES_KEPT = 5000;
const EXCHANGES_KEPT = 30;
/* A minute of the loop's frames at ten a second. */
const LOOP_POINTS = 600;
const STEP_SHOWN_S = 1;

const LOOP_SERIES = [
  "ready",
  "reading",
  "writing",
  "sleeping",
  "tasks",
  "tick_p50_us",
  "tick_p99_us",
  "lag_us",
  "utilization",
];

/** The state that a page starts from; `boot` is the JSON in it, `address` {pathname, search}. */
export function initial(boot, address, prefs) {
  const empty = {
    lang: boot.lang,
    version: boot.version,
    rules: boot.rules,
    lifecycle: boot.lifecycle,
    prefs,
    link: { status: "connecting", crowded: false, rtt_ms: null, last_at: null, retry_at: null },
    skew_s: 0,
    visitor: boot.snapshot.visitor,
    holder: null,
    servers: {},
    order: [],
    files: [],
    troubles: [],
    restore: false,
    feed: [],
    history: {},
    ...NO_LIVES,
    consoles: {},
    reports: {},
    chat: NO_ROOMS,
    exchanges: {},
    busy: {},
    dialog: null,
    toast: null,
  };
  const state = snapshot(empty, boot.snapshot, boot.snapshot.now);
  return { ...state, route: parse(address, state.servers) };
}

/** The loop of a program before its first frame. */
export const NO_LOOP = {
  frame: null,
  longest: null,
  asks: {},
  alarms: {},
  series: Object.fromEntries(["at", ...LOOP_SERIES].map((name) => [name, []])),
};

/** The next state. An unknown event changes nothing. */
export function reduce(state, event) {
  const change = CHANGES[event.type];
  return change ? change(state, event) : state;
}

const CHANGES = {
  snapshot: (state, { snapshot: whole, at }) => snapshot(state, whole, at),
  delta: (state, { events, at }) =>
    placed(events.reduce((so_far, event) => DELTAS[event.kind]?.(so_far, event, at) ?? so_far, state)),
  link: (state, { link }) => ({ ...state, link: { ...state.link, ...link } }),
  route: (state, { route }) => ({ ...state, route }),
  lang: (state, { lang }) => ({ ...state, lang }),
  prefs: (state, { prefs }) => ({ ...state, prefs: { ...state.prefs, ...prefs } }),
  busy: (state, { name, action }) => ({ ...state, busy: { ...state.busy, [name]: action } }),
  idle: (state, { name }) => idle(state, name),
  server: (state, { server }) => shownServer(state, server),
  files: (state, { files }) => ({ ...state, files }),
  exchange: (state, { name, exchange }) => exchanged(state, name, exchange),
  forget: (state, { name }) => ({ ...state, exchanges: { ...state.exchanges, [name]: [] } }),
  room: (state, { id, event }) => {
    const chat = reduceRooms(state.chat, id, event);
    return chat === state.chat ? state : { ...state, chat };
  },
  console: (state, { name, event }) =>
    put(state, "consoles", name, reduceConsole(state.consoles[name] ?? NO_CONSOLE, event)),
  report: (state, { name, report, tasks }) => put(state, "reports", name, { report, tasks }),
  dialog: (state, { dialog }) => ({ ...state, dialog }),
  toast: (state, { toast }) => ({ ...state, toast }),
};

function snapshot(state, whole, at) {
  const files = whole.files ?? [];
  const opened = files.map(({ id }) => state.servers[id]).filter(Boolean); // looked at, never started
  const servers = Object.fromEntries(
    [...opened, ...whole.servers].map((server) => [server.name, { ...state.servers[server.name], ...server }]),
  );
  return placed({
    ...state,
    skew_s: whole.now - at,
    visitor: whole.visitor ?? state.visitor,
    holder: whole.holder ?? null,
    servers,
    order: inOrder(servers),
    files,
    troubles: whole.troubles ?? [],
    restore: Boolean(whole.restore),
    feed: [...whole.feed].sort((a, b) => a.id - b.id).slice(-FEED_KEPT),
    history: whole.history,
    // Subscriptions begin anew with a snapshot and bring their own beginning; the log of the same dashboard goes on.
    ...NO_LIVES,
    born: whole.born,
    logs: whole.born === state.born ? state.logs : {},
    busy: {},
  });
}

/* A page of a program that is there no more is a page that is missing. */
const placed = (state) =>
  state.route?.name && !Object.hasOwn(state.servers, state.route.name) ? { ...state, route: MISSING } : state;

/** The change of the state by each kind of live event: dashboard/live/events.py lists the kinds. */
export const DELTAS = {
  server: (state, { server }) => idle(anew(shownServer(state, server), state, server), server.name),
  figures: (state, { name, figures }) =>
    put(putServer(state, { name, figures }), "history", name, append(state.history[name], figures)),
  feed: (state, { entry }) => ({ ...state, feed: [...state.feed, entry].slice(-FEED_KEPT) }),
  rows: tabled("rows"),
  tasks: tabled("tasks"),
  logs: (state, { name, lines, skipped }) =>
    put(state, "logs", name, extend(state.logs[name], lines, skipped ?? 0)),
  loop: (state, { name, frame }, at) => put(state, "loops", name, looped(state.loops[name] ?? NO_LOOP, frame, tasksOf(state, name), at)),
  wire: wired,
  streams: latest("streams"),
  code: latest("code"),
  threads: stood,
  check: latest("checks"),
  life: latest("life"),
  files: (state, { files }) => ({ ...state, files }),
  troubles: (state, { troubles }) => ({ ...state, troubles }),
  restore: (state, { wanted }) => ({ ...state, restore: wanted }),
  holder: (state, { holder }) => ({ ...state, holder }),
  gone,
};

/* Events leave out the constant part (the hosts to choose from): it is kept. */
const putServer = (state, server) => put(state, "servers", server.name, { ...state.servers[server.name], ...server });

/* Programs come as they are added. */
function shownServer(state, server) {
  const next = putServer(state, server);
  return server.name in state.servers ? next : { ...next, order: inOrder(next.servers) };
}

/* A new process begins with an empty minute. */
function anew(state, before, { name, generation }) {
  if (generation === before.servers[name]?.generation) return state;
  return put(reborn(state, name), "history", name, { in: [], out: [] });
}

function idle(state, name) {
  if (!(name in state.busy)) return state;
  const { [name]: _, ...busy } = state.busy;
  return { ...state, busy };
}

function append(history, figures) {
  const tail = (values = [], value) => [...values, value ?? 0].slice(-HISTORY_S);
  return { in: tail(history?.in, figures?.in_rate), out: tail(history?.out, figures?.out_rate) };
}

/** The table of a loop's tasks: {rows, total, ...}, or undefined. A server of the lab has no other table. */
export const tasksOf = (state, name) => (state.servers[name]?.own ? state.tasks : state.rows)[name];

function tabled(part) {
  return (state, { name, rows }, at) => put(state, part, name, { ...rows, at, stuck: stuck(state[part][name], rows, at) });
}

/* id -> {send_q, since}: peers whose Send-Q holds something and has not become shorter. */
function stuck(before, rows, at) {
  const entries = rows.rows
    .filter((row) => row.send_q > 0 && row.state !== "listening")
    .map((row) => {
      const was = before?.stuck[row.id];
      const since = was && row.send_q >= was.send_q ? was.since : at;
      return [row.id, { send_q: row.send_q, since }];
    });
  return Object.fromEntries(entries);
}

function extend(log, lines, skipped) {
  const before = log ?? { lines: [], skipped: 0 };
  const last = before.lines.at(-1)?.n ?? -1;
  /* A line that came while the tab asked for the log may be in it twice. */
  const fresh = [];
  for (const line of lines) if (line.n > (fresh.at(-1)?.n ?? last)) fresh.push(line);
  /* The numbers know it too: a tab that was hidden has heard of no lines meanwhile. */
  const missing = before.lines.length && fresh.length ? fresh[0].n - last - 1 : 0;
  const lost = Math.max(skipped, missing);
  const gap = lost > 0 && fresh.length ? [{ n: fresh[0].n, gap: lost }] : [];
  return {
    lines: [...before.lines, ...gap, ...fresh].slice(-LINES_KEPT),
    skipped: before.skipped + lost,
  };
}

function looped(loop, frame, rows, at) {
  const push = (values, value) => [...values.slice(-(LOOP_POINTS - 1)), value];
  const series = { at: push(loop.series.at, at) };
  for (const name of LOOP_SERIES) series[name] = push(loop.series[name], frame.loop[name]);
  return {
    frame,
    series,
    longest: longest(loop.longest, frame.loop, at),
    asks: asked(loop.asks, frame.loop.lines),
    alarms: watch(loop.alarms, { ...frame, rows }, at),
  };
}

/* {hog, timed, at}: the longest step of about a second, so that it can be read. */
function longest(before, { hog, timed }, at) {
  const old = !before || at - before.at >= STEP_SHOWN_S;
  if (!hog) return old ? null : before;
  return old || hog[1] > before.hog[1] ? { hog, timed, at } : before;
}

/* "file:line" -> the lane that a task which stood there has asked for: known from then on; null where none has been seen to wait. */
function asked(before, lines) {
  const wanted = (lane) => (lane === "ready" || lane === "running" ? null : lane);
  const fresh = Object.entries(lines ?? {})
    .map(([place, [lane]]) => [place, wanted(lane) ?? before[place] ?? null])
    .filter(([place, lane]) => before[place] !== lane);
  return fresh.length ? { ...before, ...Object.fromEntries(fresh) } : before;
}

function exchanged(state, name, exchange) {
  const list = [exchange, ...(state.exchanges[name] ?? [])].slice(0, EXCHANGES_KEPT);
  return put(state, "exchanges", name, list);
}
