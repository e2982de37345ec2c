/* The chat's connections: one websocket a room, kept while the tab lives, whatever page it shows. */
import { Link } from "./link.js";
import { wellFormed } from "../model/chat.js";
import { REFUSED } from "../model/close_codes.js";
import { roomOf } from "../model/rooms.js";
import { steady } from "../time.js";

const LOOK_MS = 1000;

/* For people to read. */
const clock = () => Date.now() / 1000;

export class Chat {
  /** `rooms()`: the page's rooms as they are now; `change(id, event)`: something happens to one of them. */
  constructor({ rooms, change }) {
    this.rooms = rooms;
    this.change = change;
    this.links = new Map();
    this.messages = 0;
    setInterval(() => this.links.forEach((_, id) => change(id, { type: "time", now: steady() })), LOOK_MS);
  }

  /** Enter a room; once more is once. */
  enter(id, name) {
    if (this.links.has(id)) return;
    this.change(id, { type: "enter", name });
    const link = new Link("/ws/chat", {
      first: () => ({ room: id, name }),
      hear: (message) => this.hear(id, message),
      lost: (loss) => this.lost(id, loss),
      again: (code) => code !== REFUSED && this.status(id) !== "left",
    });
    this.links.set(id, link);
    this.connect(id);
  }

  /** Leave a room and close its connection. */
  leave(id) {
    const link = this.links.get(id);
    if (!link) return;
    this.links.delete(id);
    link.say({ leave: true });
    link.close();
    this.change(id, { type: "leave" });
  }

  /** Say something; false when the room is not connected, and nothing was sent. */
  say(id, typed) {
    const text = wellFormed(typed);
    const key = `m${this.messages + 1}`;
    if (this.status(id) !== "connected" || !this.links.get(id).say({ say: text, id: key })) return false;
    this.messages += 1;
    if (text !== "exit") this.change(id, { type: "say", id: key, text, at: clock(), now: steady() });
    return true;
  }

  /** Say once more what may have been lost: the first entry gives way to the second. */
  sayAgain(id, { id: key, body }) {
    if (this.say(id, body)) this.change(id, { type: "unsay", id: key });
  }

  /** Connect a room again now. */
  again(id) {
    if (this.links.has(id) && !["connected", "connecting"].includes(this.status(id))) this.connect(id);
  }

  /** The chat server runs again: rooms that wait for it need not wait longer. */
  serverIsUp() {
    for (const id of this.links.keys()) if (this.status(id) !== "left") this.again(id);
  }

  status(id) {
    return roomOf(this.rooms(), id)?.status;
  }

  connect(id) {
    this.change(id, { type: "trying" });
    this.links.get(id).open();
  }

  hear(id, message) {
    this.change(id, { type: "down", message, at: clock() });
    if (this.status(id) === "connected") this.links.get(id).settled();
  }

  lost(id, { code, reason, retry_at }) {
    if (code === REFUSED) this.links.delete(id);
    this.change(id, { type: "lost", code, reason, retry_at });
  }
}
