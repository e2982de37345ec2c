/* One chat room as the page knows it; pure. An entry is a message, a join, a leave or a notice. */

export const KEPT = 1000;
export const TEXT_BYTES = 64 * 1024;

/** A room before it is connected. */
export const room = (id, name) => ({
  id,
  name,
  status: "connecting",
  reason: "",
  local: "",
  address: "",
  people: null,
  entries: [],
  next: 1,
  tries: 0,
  retry_at: null,
});

/** The next state of a room after `event`: {type: say | down | lost | trying} . */
export function reduceRoom(state, event) {
  return CHANGES[event.type]?.(state, event) ?? state;
}

const CHANGES = {
  say: (state, { id, text, at }) =>
    add(state, { kind: "message", id, own: true, pending: true, name: state.name, body: text, text: `${state.name}: ${text}`, at }),
  trying: (state) => ({ ...state, status: "connecting", retry_at: null }),
  lost: (state, { retry_at, reason, code }) => lost(state, retry_at, reason, code),
  down: (state, { message, at }) => {
    const [kind] = Object.keys(message);
    return DOWN[kind]?.(state, message[kind], at) ?? state;
  },
};

const DOWN = {
  status: (state, status, at) => {
    if (status.state === "connected") {
      const { local, address } = status;
      return { ...state, status: "connected", reason: "", local, address, tries: 0, retry_at: null };
    }
    if (status.state === "skipped") return add(state, { kind: "notice", text: status.message, at });
    if (["bad_text", "too_long"].includes(status.state)) return refuse(state, status);
    return { ...state, status: status.state, reason: status.message ?? "" };
  },
  message: (state, message, at) => heard(state, message, at),
  from: (state, from) => {
    const index = state.entries.findLastIndex(({ kind, seq, session }) => kind === "message" && seq === from.seq && session === state.local);
    if (index < 0) return state;
    const entries = [...state.entries];
    entries[index] = named({ ...entries[index], from });
    return { ...state, entries };
  },
  joined: (state, who, at) => add({ ...state, people: who.people }, { kind: "joined", who, at }),
  left: (state, who, at) => add({ ...state, people: who.people }, { kind: "left", who, at }),
};

/* An own message that comes back is no longer pending; others are added as they come. */
function heard(state, message, at) {
  const entry = named({ ...message, kind: "message", pending: false, session: state.local, at: message.at ?? at });
  if (message.own) {
    const index = state.entries.findIndex(({ pending, id, text }) => pending && (message.id ? id === message.id : text === message.text));
    if (index >= 0) {
      const before = state.entries[index];
      // It moves to where the server put it: behind what came before its echo.
      const rest = state.entries.filter((_, at_) => at_ !== index);
      return { ...state, entries: [...rest, { ...before, ...entry, n: before.n, body: before.body }] };
    }
  }
  return add(state, entry);
}

/* A netcat user may type `name: ` too: the prefix counts only while nobody is known to have sent it. */
function named(entry) {
  if (entry.from?.kind === "netcat") return { ...entry, name: null, body: entry.text };
  return entry;
}

function refuse(state, status) {
  return {
    ...state,
    entries: state.entries.map((entry) =>
      entry.pending && entry.id === status.id ? { ...entry, pending: false, refused: status.message } : entry,
    ),
  };
}

function lost(state, retry_at, reason, code) {
  const final = { 4400: "bad_room", 4410: state.status === "connected" ? "lost" : state.status }[code];
  const entries = state.entries.map((entry) => (entry.pending ? { ...entry, pending: false, unsent: true } : entry));
  const status = state.status === "left" ? "left" : (final ?? "lost");
  return { ...state, status, reason: reason || state.reason, entries, retry_at, tries: state.tries + 1 };
}

function add(state, entry) {
  const entries = [...state.entries, { ...entry, n: state.next }].slice(-KEPT);
  return { ...state, entries, next: state.next + 1 };
}

/** Why a room id cannot be used, as a key of the catalogue, or null. */
export function roomProblem(id) {
  const characters = [...id];
  if (!characters.length) return "ch.room.none";
  if (characters.length > 1) return "ch.room.long";
  return /[\p{C}\p{Z}]/u.test(id) ? "ch.room.bad" : null;
}

/** Why a nickname cannot be used, or null. */
export function nameProblem(name) {
  const text = name.trim();
  if (!text) return "ch.nick.none";
  return [...text].length > 32 || text.includes(":") || /\p{C}/u.test(text) ? "ch.nick.bad" : null;
}

/** Bytes of a message on the wire, its prefix included. */
export const wireBytes = (name, text) => new TextEncoder().encode(text === "exit" ? text : `${name}: ${text}`).length;

/** The bytes of a text in hexadecimal. */
export const hex = (text) => [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
