/* The chat's connections: one websocket a room, kept while the tab lives, whatever page it shows. */
import { freshPage, token } from "./api.js";
import { reduceRoom, room } from "../model/chat.js";

const RETRY_S = [1, 2, 4, 8, 10];
const BAD_TOKEN = 4401;
const REFUSED = [4400];

const rooms = new Map();
const watchers = new Set();
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

/** Enter a room; once more is once. */
export function enter(id, name) {
  if (rooms.has(id)) return;
  rooms.set(id, { state: room(id, name), socket: null, timer: 0 });
  connect(id);
}

/** Leave a room and close its connection. */
export function leave(id) {
  const talk = rooms.get(id);
  if (!talk) return;
  rooms.delete(id);
  clearTimeout(talk.timer);
  tell(talk.socket, { leave: true });
  talk.socket?.close();
  changed();
}

/** Say something; false when the room is not connected, and nothing was sent. */
export function say(id, text) {
  const talk = rooms.get(id);
  if (talk?.state.status !== "connected") return false;
  messages += 1;
  const key = `m${messages}`;
  if (text !== "exit") change(talk, { type: "say", id: key, text, at: now() });
  return tell(talk.socket, { say: text, id: key });
}

/** Connect a room again now. */
export function again(id) {
  const talk = rooms.get(id);
  if (!talk || ["connected", "connecting"].includes(talk.state.status)) return;
  connect(id);
}

/** The chat server runs again: rooms that wait for it need not wait longer. */
export function serverIsUp() {
  for (const [id, { state }] of rooms) if (!["left", "bad_room", "bad_name"].includes(state.status)) again(id);
}

function tell(socket, message) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(message));
  return true;
}

function change(talk, event) {
  talk.state = reduceRoom(talk.state, event);
  changed();
}

/* Once a frame, however much is said: a thousand messages are drawn as fast as one. */
function changed() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    watchers.forEach((watcher) => watcher());
  });
}

function connect(id) {
  const talk = rooms.get(id);
  clearTimeout(talk.timer);
  change(talk, { type: "trying" });
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/ws/chat`);
  talk.socket = socket;
  const current = () => rooms.get(id)?.socket === socket;
  socket.onopen = () => tell(socket, { token: token(), room: id, name: talk.state.name });
  socket.onmessage = ({ data }) => current() && change(talk, { type: "down", message: JSON.parse(data), at: now() });
  socket.onclose = ({ code, reason }) => current() && lost(id, code, reason);
}

async function lost(id, code, reason) {
  const talk = rooms.get(id);
  if (code === BAD_TOKEN) await freshPage().catch(() => {});
  const stay = REFUSED.includes(code) || talk.state.status === "left";
  const wait_s = RETRY_S[Math.min(talk.state.tries, RETRY_S.length - 1)];
  change(talk, { type: "lost", code, reason, retry_at: stay ? null : now() + wait_s });
  if (!stay) talk.timer = setTimeout(() => rooms.get(id) === talk && connect(id), wait_s * 1000);
}
