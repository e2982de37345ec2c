/* The chat's connections: one websocket a room, kept while the tab lives, whatever page it shows. */
import { Link } from "./link.js";
import { reduceRoom, room, wellFormed } from "../model/chat.js";

const REFUSED = 4400;
const LOOK_MS = 1000;

const rooms = new Map();
const watchers = new Set();
let refused = null;
let messages = 0;
let frame = 0;

const now = () => Date.now() / 1000;

/** Hear of every change until the returned function is called. */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The rooms that are open, in the order they were entered. */
export const open = () => [...rooms.values()].map(({ state }) => state);

/** The room and name that the dashboard refused last, as {id, field: "room" | "name"}; or null. */
export const refusal = () => refused;

/** Enter a room; once more is once. */
export function enter(id, name) {
  refused = null;
  if (rooms.has(id)) return;
  const talk = { state: room(id, name) };
  talk.link = new Link("/ws/chat", {
    first: () => ({ room: id, name }),
    hear: (message) => hear(talk, message),
    lost: ({ code, reason, retry_at }) => lost(talk, { type: "lost", code, reason, retry_at }),
    again: (code) => code !== REFUSED && talk.state.status !== "left",
  });
  rooms.set(id, talk);
  connect(talk);
}

/** Leave a room and close its connection. */
export function leave(id) {
  const talk = rooms.get(id);
  if (!talk) return;
  rooms.delete(id);
  talk.link.say({ leave: true });
  talk.link.close();
  changed();
}

/** Say something; false when the room is not connected, and nothing was sent. */
export function say(id, typed) {
  const talk = rooms.get(id);
  const text = wellFormed(typed);
  const key = `m${messages + 1}`;
  if (talk?.state.status !== "connected" || !talk.link.say({ say: text, id: key })) return false;
  messages += 1;
  if (text !== "exit") change(talk, { type: "say", id: key, text, at: now() });
  return true;
}

/** Connect a room again now. */
export function again(id) {
  const talk = rooms.get(id);
  if (talk && !["connected", "connecting"].includes(talk.state.status)) connect(talk);
}

/** The chat server runs again: rooms that wait for it need not wait longer. */
export function serverIsUp() {
  for (const [id, { state }] of rooms) if (state.status !== "left") again(id);
}

function connect(talk) {
  change(talk, { type: "trying" });
  talk.link.open();
}

function hear(talk, message) {
  change(talk, { type: "down", message, at: now() });
  if (talk.state.status === "connected") talk.link.settled();
}

function lost(talk, event) {
  if (event.code === REFUSED) {
    rooms.delete(talk.state.id);
    refused = { id: talk.state.id, field: talk.state.status === "bad_name" ? "name" : "room" };
  }
  change(talk, event);
}

function change(talk, event) {
  const before = talk.state;
  talk.state = reduceRoom(before, event);
  if (talk.state !== before) changed();
}

/* Once a frame, however much is said: a thousand messages are drawn as fast as one. */
function changed() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    watchers.forEach((watcher) => watcher());
  });
}

setInterval(() => rooms.forEach((talk) => change(talk, { type: "time", at: now() })), LOOK_MS);
