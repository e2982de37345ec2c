/* A websocket that decides by itself when it is lost: without the other side's consent. */
import { freshPage } from "./api.js";
import { forget, given, token } from "./token.js";
import { outside } from "../base.js";
import { BAD_TOKEN } from "../model/close_codes.js";
import { steady } from "../time.js";

const RETRY_S = [1, 2, 3, 5];
const PING_MS = 1500;
const ANSWER_MS = 4000;
/* A timer that comes so late was held back, as in a tab in the background. */
const HELD_BACK_MS = 3000;

export class Link {
  /**
   * `first()`: the first frame, without the token. `hear(message)`; `rtt(ms)` after each ping;
   * `lost({code, reason, retry_at})`: a close code, 0 without an answer; `retry_at` as time.js measures, or null
   * where `again(code)` is false, which ends the link.
   */
  constructor(path, { first, hear, lost, rtt = () => {}, again = () => true }) {
    Object.assign(this, { path, first, hear, whenLost: lost, rtt, again });
    this.socket = null;
    this.tries = 0;
  }

  /** Connect now, whatever was planned. */
  open() {
    this.drop();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${outside(this.path)}`);
    socket.onopen = () => this.say({ token: token(), ...this.first() });
    socket.onmessage = ({ data }) => this.take(JSON.parse(data));
    socket.onclose = (closed) => {
      const { code, reason } = this.closing ?? closed;
      this.lose(code, reason);
    };
    this.socket = socket;
    this.closing = null;
    this.asked_at = this.looked_at = performance.now();
    this.watch = setInterval(() => this.look(), PING_MS);
  }

  /** Send a message; false when there is no connection. */
  say(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Ask for a sign of life. */
  ping() {
    this.asked_at = performance.now();
    this.say({ ping: this.asked_at });
  }

  /** The other side has let us in: the next loss is tried again soon. */
  settled() {
    this.tries = 0;
  }

  /** End it for good. */
  close() {
    this.drop();
  }

  take(message) {
    this.asked_at = null;
    if (message.type === "closing") this.closing = message; // of a proxy that drops the code
    else if (message.type === "pong") this.rtt(Math.max(1, Math.round(performance.now() - message.ping)));
    else this.hear(message);
  }

  look() {
    const now = performance.now();
    if (now - this.looked_at > HELD_BACK_MS && this.asked_at !== null) this.asked_at = now; // its answer is on its way
    this.looked_at = now;
    if (this.asked_at === null) this.ping();
    else if (now - this.asked_at > ANSWER_MS) this.lose(0, "");
  }

  lose(code, reason) {
    this.drop();
    if (!this.again(code)) {
      this.whenLost({ code, reason, retry_at: null });
      return;
    }
    const wait_s = RETRY_S[Math.min(this.tries, RETRY_S.length - 1)];
    this.tries += 1;
    this.timer = setTimeout(() => this.retry(code), wait_s * 1000);
    this.whenLost({ code, reason, retry_at: steady() + wait_s });
  }

  async retry(code) {
    // A dashboard that was started again does not know the token of this page.
    const { timer } = this;
    const fresh = code !== BAD_TOKEN || (await freshPage().then(() => true, () => false));
    if (timer !== this.timer) return;
    if (fresh && code === BAD_TOKEN && !given()) forget(); // the link is old: its visitor looks on
    if (fresh) this.open();
    else this.lose(code, "");
  }

  /* The old socket is not heard any more, however long its closing handshake takes. */
  drop() {
    clearTimeout(this.timer);
    clearInterval(this.watch);
    this.timer = null;
    const { socket } = this;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
