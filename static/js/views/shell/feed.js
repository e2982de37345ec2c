/* The latest events, newest first. */
import { html, icon, pure } from "../../kit.js";
import { clock, dur, has, t } from "../../i18n.js";

const ICONS = {
  started: "play",
  alive: "play",
  stopped: "stop",
  finished: "check",
  restarted: "restart",
  restored: "restart",
  not_restored: "warn",
  crashed: "warn",
  killed: "x",
  port_in_use: "warn",
  failed: "warn",
  joined: "user",
  left: "user",
  experiment: "plus",
  paused: "pause",
  resumed: "play",
  overloaded: "warn",
};

export const Feed = pure(function Feed({ feed, titles }) {
  return html`<section class="card feed">
    <div class="pn-h"><h2 id="feed-h">${t("ov.act")}</h2></div>
    <div class="roll" role="log" aria-live="polite" aria-labelledby="feed-h" tabindex="0"><ol>${[...feed].reverse().map(
      (entry) => html`<li key=${entry.id}><time>${clock(entry.at)}</time>${icon(ICONS[entry.code] ?? "info")}
        <p>${entry.name && html`<b>${titles[entry.name] ?? entry.name}</b> · `}${text(entry)}</p></li>`,
    )}${!feed.length && html`<li class="none"><p>${t("ov.act.none")}</p></li>`}</ol></div>
  </section>`;
});

/* The words of an entry; some codes have several forms. */
function text({ code, args }) {
  const values = Object.fromEntries(Object.entries(args ?? {}).map(said));
  const form = code === "crashed" && values.signal ? ".signal" : values.kind ? `.${values.kind}` : "";
  const key = [`feed.${code}${form}`, `feed.${code}`].find(has);
  return key ? t(key, values) : code;
}

/* Ports, pids and codes are names, not quantities: no thousands separators in them. */
function said([name, value]) {
  if (typeof value !== "number") return [name, value];
  if (/(_us|microseconds)$/.test(name)) return [name, dur(value / 1000)];
  return [name, name === "n" ? value : String(value)];
}
