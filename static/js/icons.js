/* The icons: a 16 px grid with a 1.5 px stroke; state glyphs on 12 px, models on 28 by 16. */
import { html } from "./html.js";

export const ICONS = {
  grid: () => html`<rect x="2.25" y="2.25" width="4.75" height="4.75" rx="1.2"/><rect x="9" y="2.25" width="4.75" height="4.75" rx="1.2"/><rect x="2.25" y="9" width="4.75" height="4.75" rx="1.2"/><rect x="9" y="9" width="4.75" height="4.75" rx="1.2"/>`,
  talk: () => html`<path d="M2.25 4.5A1.75 1.75 0 0 1 4 2.75h8a1.75 1.75 0 0 1 1.75 1.75v4.25A1.75 1.75 0 0 1 12 10.5H7.25l-3.5 2.9V10.5A1.75 1.75 0 0 1 2.25 8.75z"/>`,
  loop: () => html`<path d="M13.5 8a5.5 5.5 0 1 1-1.75-4.02"/><path d="M13.75 1.75V4.6h-2.9"/><circle cx="8" cy="8" r="1.1" fill="currentColor" stroke="none"/>`,
  play: () => html`<path d="M4.75 3.2v9.6a.6.6 0 0 0 .92.5l7.3-4.8a.6.6 0 0 0 0-1l-7.3-4.8a.6.6 0 0 0-.92.5z" fill="currentColor" stroke="none"/>`,
  stop: () => html`<rect x="3.75" y="3.75" width="8.5" height="8.5" rx="1.4" fill="currentColor" stroke="none"/>`,
  restart: () => html`<path d="M3 8a5 5 0 1 0 1.6-3.67"/><path d="M2.75 2v2.9h2.9"/>`,
  pause: () => html`<rect x="4" y="3.25" width="2.75" height="9.5" rx=".8" fill="currentColor" stroke="none"/><rect x="9.25" y="3.25" width="2.75" height="9.5" rx=".8" fill="currentColor" stroke="none"/>`,
  tick: () => html`<path d="M3 3.4v9.2a.5.5 0 0 0 .8.4L8 8.5a.6.6 0 0 0 0-1L3.8 3a.5.5 0 0 0-.8.4zM8 3.4v9.2a.5.5 0 0 0 .8.4L13 8.5a.6.6 0 0 0 0-1L8.8 3a.5.5 0 0 0-.8.4z" fill="currentColor" stroke="none"/><path d="M14.2 3v10"/>`,
  step: () => html`<path d="M4 3.4v9.2a.55.55 0 0 0 .85.46L11 8.5a.6.6 0 0 0 0-1L4.85 2.94A.55.55 0 0 0 4 3.4z" fill="currentColor" stroke="none"/><path d="M13 3v10"/>`,
  copy: () => html`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 3.2A1.5 1.5 0 0 0 9.2 2.5H4A1.5 1.5 0 0 0 2.5 4v5.2c0 .56.3 1.04.75 1.3"/>`,
  check: () => html`<path d="m3 8.6 3.3 3.2L13 4.6"/>`,
  x: () => html`<path d="m4 4 8 8M12 4l-8 8"/>`,
  plus: () => html`<path d="M8 3v10M3 8h10"/>`,
  right: () => html`<path d="m6.25 3.75 4.25 4.25-4.25 4.25"/>`,
  downc: () => html`<path d="M3.75 6.25 8 10.5l4.25-4.25"/>`,
  arrow: () => html`<path d="M3 8h10M9 4l4 4-4 4"/>`,
  din: () => html`<path d="M8 2.75v9.5M4 8.5l4 4 4-4"/>`,
  dout: () => html`<path d="M8 13.25v-9.5M4 7.5l4-4 4 4"/>`,
  search: () => html`<circle cx="7.1" cy="7.1" r="4.35"/><path d="m10.4 10.4 3.1 3.1"/>`,
  warn: () => html`<path d="M8 2.4 14.2 13H1.8z"/><path d="M8 6.5v3M8 11.3v.01"/>`,
  info: () => html`<circle cx="8" cy="8" r="5.75"/><path d="M8 7.4v3.3M8 5.2v.01"/>`,
  dl: () => html`<path d="M8 2.5v7.25M4.75 6.75 8 10l3.25-3.25M3 13.25h10"/>`,
  sun: () => html`<circle cx="8" cy="8" r="2.75"/><path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1"/>`,
  moon: () => html`<path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z"/>`,
  screen: () => html`<rect x="1.75" y="2.75" width="12.5" height="8" rx="1.4"/><path d="M8 10.75v2.5M5.25 13.4h5.5"/>`,
  kbd: () => html`<rect x="1.5" y="3.75" width="13" height="8.5" rx="1.6"/><path d="M4.2 6.6h.01M6.7 6.6h.01M9.3 6.6h.01M11.8 6.6h.01M5 9.5h6"/>`,
  term: () => html`<rect x="1.75" y="2.5" width="12.5" height="11" rx="1.6"/><path d="m4.5 6 2.2 2.1-2.2 2.1M8.6 10.3h2.9"/>`,
  globe: () => html`<circle cx="8" cy="8" r="5.75"/><path d="M2.4 8h11.2M8 2.25c2 1.7 2.9 3.6 2.9 5.75S10 12.05 8 13.75C6 12.05 5.1 10.15 5.1 8S6 3.95 8 2.25z"/>`,
  clock: () => html`<circle cx="8" cy="8" r="5.75"/><path d="M8 4.8V8l2.2 1.6"/>`,
  hour: () => html`<path d="M4.25 2.5h7.5M4.25 13.5h7.5M5 2.5c0 3.1 3 3.6 3 5.5s-3 2.4-3 5.5M11 2.5c0 3.1-3 3.6-3 5.5s3 2.4 3 5.5"/>`,
  send: () => html`<path d="M13.6 2.4 7.2 8.8M13.6 2.4 9.4 13.6 7.2 8.8 2.4 6.6z"/>`,
  list: () => html`<path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01"/>`,
  plug: () => html`<path d="M5.4 2v3.2M10.6 2v3.2M3.8 5.2h8.4v1.9a4.2 4.2 0 0 1-8.4 0zM8 11.3V14"/>`,
  user: () => html`<circle cx="8" cy="5.3" r="2.55"/><path d="M3.2 13.4a4.8 4.8 0 0 1 9.6 0"/>`,
  wrap: () => html`<path d="M2.5 4h11M2.5 8h8.75a2 2 0 0 1 0 4H8.5M10 10.4 8.4 12l1.6 1.6M2.5 12h3"/>`,
  ear: () => html`<path d="M8 13.5V8.5"/><circle cx="8" cy="7" r="1.3"/><path d="M5.2 9.8a4 4 0 1 1 5.6 0M3.3 11.7a6.6 6.6 0 1 1 9.4 0"/>`,
  lock: () => html`<rect x="3.25" y="7" width="9.5" height="6.5" rx="1.4"/><path d="M5.25 7V5.25a2.75 2.75 0 0 1 5.5 0V7"/>`,
  half: () => html`<path d="M2.5 8h6M6 5l3 3-3 3"/><path d="M12.25 3v2M12.25 7v2M12.25 11v2"/>`,
  mute: () => html`<path d="M2.25 4.5A1.75 1.75 0 0 1 4 2.75h8a1.75 1.75 0 0 1 1.75 1.75v4.25A1.75 1.75 0 0 1 12 10.5H7.25l-3.5 2.9V10.5A1.75 1.75 0 0 1 2.25 8.75z"/><path d="m6.5 5.1 3 3M9.5 5.1l-3 3"/>`,
  bolt: () => html`<path d="M9 1.75 3.5 9h4l-.75 5.25L12.5 7h-4z"/>`,
  route: () => html`<circle cx="3.5" cy="12" r="1.6"/><circle cx="12.5" cy="4" r="1.6"/><path d="M5.1 12h4.4a2 2 0 0 0 0-4H6.6a2 2 0 0 1 0-4h4.3"/>`,
};

/* A different shape for every state, so that colour only helps. */
export const STATES = {
  running: () => html`<circle cx="6" cy="6" r="4.5" fill="currentColor" stroke="none"/>`,
  stopped: () => html`<circle cx="6" cy="6" r="3.9"/>`,
  starting: () => html`<path class="spin" d="M6 1.8A4.2 4.2 0 1 1 1.8 6"/>`,
  stopping: () => html`<rect x="2.4" y="2.4" width="7.2" height="7.2" rx="1"/>`,
  crashed: () => html`<path d="m2.6 2.6 6.8 6.8M9.4 2.6 2.6 9.4" stroke-width="2"/>`,
  failed: () => html`<path d="M6 2.2v4.4M6 9.6v.01" stroke-width="2.2"/>`,
  backoff: () => html`<circle cx="6" cy="6" r="4.2"/><path d="M6 3.6V6l1.6 1.1"/>`,
  blocked: () => html`<circle cx="6" cy="6" r="4.2"/><path d="M3.6 6h4.8" stroke-width="2"/>`,
  paused: () => html`<path d="M4.2 2.6v6.8M7.8 2.6v6.8" stroke-width="2"/>`,
  frozen: () => html`<path d="M6 1.6v8.8M2.2 3.8l7.6 4.4M9.8 3.8 2.2 8.2"/>`,
  input: () => html`<rect x="1" y="3" width="10" height="6" rx="1.2"/><path d="M3.2 5.1h.01M6 5.1h.01M8.8 5.1h.01M4 7.1h4"/>`,
  finished: () => html`<path d="m2.4 6.4 2.4 2.4 4.8-5.4" stroke-width="2"/>`,
  nosocket: () => html`<circle cx="6" cy="6" r="3.9" stroke-dasharray="2 2.1"/>`,
};

/* How a server serves many clients. */
export const MODELS = {
  blocking: () => html`<path d="M14.5 3.2H9.2a4.8 4.8 0 0 0 0 9.6h9.6a4.8 4.8 0 0 0 4.6-6.1"/><path d="m12.2.9 2.4 2.3-2.4 2.3"/><rect x="18" y=".9" width="4.6" height="4.6" rx="1" fill="currentColor" stroke="none"/>`,
  threads: () => html`<path d="M3 3.2h22M3 8h22M3 12.8h22" opacity=".45"/><path d="M3 3.2h7M3 8h13M3 12.8h4"/><circle cx="10" cy="3.2" r="2" fill="currentColor" stroke="none"/><circle cx="17" cy="8" r="2" fill="currentColor" stroke="none"/><circle cx="8" cy="12.8" r="2" fill="currentColor" stroke="none"/>`,
  "event-loop": () => html`<ellipse cx="14" cy="8" rx="10" ry="5.6"/><circle cx="4.6" cy="9.4" r="2" fill="currentColor" stroke="none"/><circle cx="11" cy="2.7" r="2" fill="currentColor" stroke="none"/><circle cx="22.6" cy="5.4" r="2" fill="currentColor" stroke="none"/><circle cx="17" cy="13.3" r="2" fill="currentColor" stroke="none"/>`,
};
MODELS["thread-per-client"] = MODELS.threads;
