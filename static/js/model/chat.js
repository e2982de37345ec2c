/* One chat room as the page knows it; pure. An entry is a message, a join, a leave or a notice. */
import { CROWDED, NOT_RUNNING, REFUSED } from "./close_codes.js";

const KEPT = 1000;
const EARLIER_KEPT = 5;
/* An own message whose echo has not come by then is shown as not confirmed. */
const ECHO_S = 10;
const NAMED = /^([^:\x00-\x1f]{1,32}): (.*)$/su;
const utf8 = new TextEncoder();

/**
 * A room before it is connected.
 *
 * session: counts connections. lines: heard in this one. senders: number of a message in the room ->
 * {peer, name, size}. places: {line, number, count}: after that line the numbers go on from there, as `count`
 * messages were skipped and the line says so. life: of the chat server; its numbers of messages are of that
 * life. missed: {number, life} of the newest message before the connection was lost, until the next one is in.
 * earlier: our addresses of before: a message that was under way when a connection was cut comes from there.
 */
export const room = (id, name) => ({
  id,
  name,
  status: "connecting",
  reason: "",
  local: "",
  earlier: [],
  address: "",
  people: null,
  entries: [],
  next: 1,
  tries: 0,
  retry_at: null,
  session: 0,
  lines: 0,
  senders: new Map(),
  places: [],
  life: null,
  missed: null,
});

/**
 * The next state of a room after `event`: {type: say | down | time | lost | trying | unsay}. `at`: Unix seconds, to be
 * read; `now`: seconds that are measured.
 */
export function reduceRoom(state, event) {
  return CHANGES[event.type]?.(state, event) ?? state;
}

const CHANGES = {
  say: (state, { id, text, at, now }) =>
    add(state, { kind: "message", id, own: true, pending: true, name: state.name, body: text, text: `${state.name}: ${text}`, at, said_at: now }),
  unsay: (state, { id }) => ({ ...state, entries: state.entries.filter((entry) => !(entry.id === id && (entry.unsent || entry.late))) }),
  trying: (state) => ({ ...state, status: "connecting", retry_at: null }),
  lost: (state, { retry_at, reason, code }) => lost(state, retry_at, reason, code),
  time: (state, { now }) => (state.entries.some((entry) => overdue(entry, now)) ? giveUp(state, (entry) => overdue(entry, now), "late") : state),
  down: (state, { message, at }) => {
    const [kind] = Object.keys(message);
    return DOWN[kind]?.(state, message[kind], at) ?? state;
  },
};

const DOWN = {
  status: (state, status) => STATUS[status.state]?.(state, status) ?? { ...state, status: status.state, reason: status.message ?? "" },
  said,
  events: (state, events, at) => attribute(events.reduce((so_far, event) => EVENTS[event.kind]?.(so_far, event, at) ?? so_far, state)),
};

const STATUS = {
  connected: (state, { local, address, life }) => ({
    ...state,
    ...{ status: "connected", reason: "", local, address, life, tries: 0, retry_at: null },
    earlier: [state.local, ...state.earlier].filter(Boolean).slice(0, EARLIER_KEPT),
    ...{ session: state.session + 1, lines: 0, senders: new Map(), places: [] },
  }),
  bad_text: refuse,
  too_long: refuse,
  may_not: refuse,
};

const EVENTS = {
  joined: (state, { peer, name, people, seq }, at) => {
    if (peer !== state.local) return add({ ...state, people }, { kind: "joined", who: { peer, name, own: false }, at }, seq);
    const gap = gapOf(state, seq);
    const before = { ...state, people, places: [{ line: 0, number: seq + 1 }], missed: null };
    return add(gap ? add(before, { ...gap, at }, seq) : before, { kind: "joined", who: { peer, name, own: true }, at }, seq);
  },
  left: (state, { peer, name, people }, at) => add({ ...state, people }, { kind: "left", who: { peer, name, own: peer === state.local }, at }),
  said: (state, { peer, name, seq, sizes }) => {
    const told = sizes.map((size, index) => [seq + index, { peer, name, size }]);
    return { ...state, senders: new Map([...state.senders, ...told].slice(-KEPT)) };
  },
  /* Messages from `seq` on are missing for a member: `line` is the line of its own that says so. */
  skipped: (state, { peer, line, seq, count }) => {
    if (peer !== state.local || !line) return state;
    const entries = state.entries.map((entry) => {
      if (entry.session !== state.session || entry.line < line) return entry;
      return entry.line === line ? notice(entry, count) : { ...entry, from: undefined };
    });
    return { ...state, entries, places: [...state.places, { line, number: seq + count, count }] };
  },
};

/* The room's number of the newest message that was heard, or null where it is not known. */
function newest({ places, lines, session, life, missed }) {
  const place = places.at(-1);
  return session && place ? { number: place.number + lines - place.line - 1, life } : missed;
}

/* What was said between two connections, as far as the numbers tell; null: nothing. */
function gapOf({ missed, life }, seq) {
  if (!missed || (missed.life === life && seq === missed.number)) return null;
  return { kind: "gap", count: missed.life === life && seq > missed.number ? seq - missed.number : null };
}

const notice = ({ n, at, line, session }, count) => ({ kind: "notice", count, n, at, line, session });

/* Lines that came together; `own`: [index, id] of those that were ours. */
function said(state, { texts, own = [] }, at) {
  const ids = new Map(own);
  const entries = [...state.entries];
  let { next, lines } = state;
  texts.forEach((text, index) => {
    lines += 1;
    const n = (ids.has(index) && takeOut(entries, ids.get(index))) || next++;
    entries.push(attributed(state, { kind: "message", own: ids.has(index), text, at, n, line: lines, session: state.session }));
  });
  return { ...state, entries: entries.slice(-KEPT), next, lines };
}

/* An own message moves to where the server put it: after the lines before its echo. */
function takeOut(entries, id) {
  const index = entries.findLastIndex((entry) => entry.id === id && (entry.pending || entry.late));
  return index < 0 ? 0 : entries.splice(index, 1)[0].n;
}

/* The senders of earlier lines, as the live events name them. */
function attribute(state) {
  const unknown = ({ kind, from, session }) => kind === "message" && !from && session === state.session;
  return arrived({ ...state, entries: state.entries.map((entry) => (unknown(entry) ? attributed(state, entry) : entry)) });
}

/* Own messages that were under way when a connection was cut, and have come to the room after all, stand there once. */
function arrived(state) {
  const come = state.entries.filter(({ from, session, came }) => !came && session === state.session && state.earlier.includes(from?.peer));
  if (!come.length) return state;
  const texts = come.map(({ text }) => text);
  const others = state.entries.filter(({ unsent, text }) => !unsent || !texts.includes(text) || !texts.splice(texts.indexOf(text), 1));
  return { ...state, entries: others.map((entry) => (come.includes(entry) ? { ...entry, came: true } : entry)) };
}

/*
 * The sender of a line. Live events may be lost, so the size has to fit as well. While the sender is not
 * known, a prefix `name: ` counts; any client can type one, so a raw client's does not.
 */
function attributed(state, entry) {
  const place = state.places.findLast(({ line }) => line <= entry.line);
  if (place?.line === entry.line) return notice(entry, place.count);
  const sender = state.senders.get(numberOf(state, entry.line));
  const from = sender?.size === utf8.encode(entry.text).length ? sender : undefined;
  const [, name, body] = (from?.name === null ? null : NAMED.exec(entry.text)) ?? [null, null, entry.text];
  return { ...entry, from, name, body, own: from ? [state.local, ...state.earlier].includes(from.peer) : entry.own };
}

/* The room's number of a line of this connection; undefined where it is not known. */
function numberOf({ places }, line) {
  const place = places.findLast((one) => one.line <= line);
  return place && place.number + line - place.line - 1;
}

const overdue = (entry, now) => entry.pending && now - entry.said_at > ECHO_S;

/* Own messages that wait for nothing any more; `how`: late or unsent. */
function giveUp(state, which, how) {
  const entries = state.entries.map((entry) => (which(entry) ? { ...entry, pending: false, [how]: true } : entry));
  return { ...state, entries };
}

/* The dashboard did not send a message; its code and its sentence say why. */
function refuse(state, { id, state: code, message }) {
  const refused = { code, message };
  const entries = state.entries.map((entry) => (entry.pending && entry.id === id ? { ...entry, pending: false, refused } : entry));
  return { ...state, entries };
}

function lost(state, retry_at, reason, code) {
  const final = { [REFUSED]: "bad_room", [NOT_RUNNING]: state.status === "connected" ? "lost" : state.status, [CROWDED]: "crowded" }[code];
  const status = state.status === "left" ? "left" : (final ?? "lost");
  const resolved = giveUp(state, ({ pending }) => pending, "unsent");
  return { ...resolved, status, reason: reason || state.reason, retry_at, tries: state.tries + 1, missed: newest(state), places: [] };
}

/* `after`: the room's number of the message that it follows; events come later than the messages themselves. */
function add(state, entry, after = Infinity) {
  const later = state.entries.findIndex(({ line, session }) => session === state.session && numberOf(state, line) > after);
  const entries = [...state.entries];
  entries.splice(later < 0 ? entries.length : later, 0, { ...entry, n: state.next });
  return { ...state, entries: entries.slice(-KEPT), next: state.next + 1 };
}

/** A nickname without the spaces around it. `rules` as the dashboard's: see chat_rules.py. */
export const trimmed = ({ spaces }, name) => name.replace(new RegExp(`^[${spaces}]+|[${spaces}]+$`, "gu"), "");

/** Why a room id cannot be used, as a key of the catalogue, or null. */
export function roomProblem({ spaces, unseen }, id) {
  const characters = [...id];
  if (!characters.length) return "ch.room.none";
  if (characters.length > 1) return "ch.room.long";
  return new RegExp(`[${spaces}${unseen}]`, "u").test(id) ? "ch.room.bad" : null;
}

/** Why a nickname cannot be used, or null. */
export function nameProblem(rules, name) {
  const text = trimmed(rules, name);
  if (!text) return "ch.nick.none";
  const bad = [...text].length > rules.nickname || text.includes(":") || new RegExp(`[${rules.unseen}]`, "u").test(text);
  return bad ? "ch.nick.bad" : null;
}

/** Whether a message would be nothing but blanks, which is none. */
export const isBlank = ({ blank }, text) => new RegExp(`^[${blank}]*$`, "u").test(text);

/** A text as UTF-8 can carry it: half of a surrogate pair is shown, and sent, as U+FFFD. */
export const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");

/** Bytes of a message on the wire, its prefix included. */
export const wireBytes = (name, text) => utf8.encode(text === "exit" ? text : `${name}: ${text}`).length;

/** The bytes of a text, in UTF-8. */
export const bytesOf = (text) => utf8.encode(text);
