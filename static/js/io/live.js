/* The live channel of a tab: snapshot, numbered deltas, subscriptions by topic. */
import { Link } from "./link.js";
import { CROWDED } from "../model/close_codes.js";
import { steady } from "../time.js";
import { TAB } from "./tab.js";

/* For people to read. */
const now = () => Date.now() / 1000;

/**
 * The live channel. `handlers`: onSnapshot(snapshot, at), onDelta(events, at), onLink(change);
 * `at` is when they came, as time.js measures, `change` a part of state.link.
 */
export class Live {
  constructor(handlers) {
    this.handlers = handlers;
    this.topics = new Map();
    this.seq = 0;
    this.link = new Link("/ws/live", {
      first: () => this.first(),
      hear: (message) => this.take(message, steady()),
      rtt: (rtt_ms) => handlers.onLink({ rtt_ms, last_at: now() }),
      lost: (loss) => this.lost(loss),
    });
    document.addEventListener("visibilitychange", () => this.tell());
    // A browser freezes a page that is long out of sight (Page Lifecycle): what it has heard since is old.
    document.addEventListener("resume", () => this.open());
  }

  /** Connect now, whatever was planned. */
  open() {
    this.link.open();
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

  first() {
    const topics = this.wanted();
    this.told = JSON.stringify(topics);
    return { subscribe: topics, tab: TAB };
  }

  /* A hidden tab subscribes to no topic of its own. */
  wanted() {
    return document.hidden ? [] : [...this.topics.keys()].sort();
  }

  tell() {
    // Views come and go in the same breath: only what is left of it is said.
    queueMicrotask(() => {
      const topics = this.wanted();
      if (JSON.stringify(topics) === this.told) return;
      this.told = JSON.stringify(topics);
      this.link.say({ subscribe: topics });
    });
  }

  take(message, at) {
    if (message.type === "snapshot") {
      this.seq = message.seq;
      this.link.settled();
      this.handlers.onSnapshot(message, at);
      this.handlers.onLink({ status: "live", last_at: now(), retry_at: null });
      this.link.ping();
    } else if (message.type === "delta") {
      if (message.seq !== this.seq + 1) {
        this.open(); // something is missing: begin anew
        return;
      }
      this.seq = message.seq;
      this.link.say({ ack: message.seq });
      this.handlers.onDelta(message.events, at);
    }
  }

  lost({ code, retry_at }) {
    this.told = undefined;
    this.handlers.onLink({ status: "lost", crowded: code === CROWDED, retry_at, rtt_ms: null });
  }
}
