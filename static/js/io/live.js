/* One websocket a tab: snapshot, numbered deltas, subscriptions by topic, reconnection. */
import { freshPage, token } from "./api.js";

const RETRY_S = [1, 2, 4, 8, 10];
const PING_MS = 3000;
const SILENCE_MS = 10_000;
const BAD_TOKEN = 4401;

const now = () => Date.now() / 1000;

/**
 * The live channel. `handlers`: onSnapshot(snapshot, at), onDelta(events, at), onLink(change);
 * `at` is Unix seconds of this machine, `change` a part of state.link.
 */
export class Live {
  constructor(handlers) {
    this.handlers = handlers;
    this.topics = new Map();
    this.socket = null;
    this.timer = null;
    this.tries = 0;
    this.seq = 0;
    document.addEventListener("visibilitychange", () => this.tell());
  }

  /** Connect now, whatever was planned. */
  open() {
    clearTimeout(this.timer);
    this.socket?.close();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/live`);
    this.socket = socket;
    this.heard_at = performance.now();
    socket.onopen = () => this.greet();
    socket.onmessage = ({ data }) => socket === this.socket && this.take(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.lost(code);
    this.pinger ??= setInterval(() => this.ping(), PING_MS);
  }

  greet() {
    const topics = this.wanted();
    this.told = JSON.stringify(topics);
    this.say({ token: token(), subscribe: topics });
  }

  /** Ask for topics until the returned function is called; one that two views ask for is sent once. */
  subscribe(topics) {
    for (const topic of topics) this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    this.tell();
    return () => {
      for (const topic of topics) {
        const left = this.topics.get(topic) - 1;
        if (left) this.topics.set(topic, left);
        else this.topics.delete(topic);
      }
      this.tell();
    };
  }

  /* A hidden tab asks for nothing beyond what always comes. */
  wanted() {
    return document.hidden ? [] : [...this.topics.keys()].sort();
  }

  tell() {
    // Views come and go in the same breath: only what is left of it is said.
    queueMicrotask(() => {
      const topics = this.wanted();
      if (JSON.stringify(topics) === this.told) return;
      this.told = JSON.stringify(topics);
      this.say({ subscribe: topics });
    });
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  ping() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.heard_at > SILENCE_MS) this.socket.close();
    else this.say({ ping: performance.now() });
  }

  take(message) {
    this.heard_at = performance.now();
    const at = now();
    if (message.type === "pong") {
      this.handlers.onLink({ rtt_ms: Math.max(1, Math.round(this.heard_at - message.ping)), last_at: at });
    } else if (message.type === "snapshot") {
      this.seq = message.seq;
      this.tries = 0;
      this.handlers.onSnapshot(message, at);
      this.handlers.onLink({ status: "live", last_at: at, retry_at: null });
      this.ping();
    } else if (message.type === "delta") {
      if (message.seq !== this.seq + 1) return this.socket.close(); // something is missing: begin anew
      this.seq = message.seq;
      this.say({ ack: message.seq });
      this.handlers.onDelta(message.events, at);
    }
    return undefined;
  }

  lost(code) {
    this.socket = null;
    this.told = undefined;
    const wait_s = RETRY_S[Math.min(this.tries, RETRY_S.length - 1)];
    this.tries += 1;
    this.handlers.onLink({ status: "lost", retry_at: now() + wait_s, rtt_ms: null });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(code), wait_s * 1000);
  }

  async again(code) {
    try {
      // A dashboard that was started again does not know the token of this page.
      if (code === BAD_TOKEN) await freshPage();
    } catch {
      return this.lost(code);
    }
    return this.open();
  }
}
