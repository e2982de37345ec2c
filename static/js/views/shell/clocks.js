/* Times that go on by themselves between two events of the server. */
import { html, useNow, useRef } from "../../kit.js";
import { hands, t } from "../../i18n.js";

/** How long a server has been up; `since` in Unix seconds of the dashboard, `skew_s` ahead of ours. */
export function Uptime({ since, skew_s }) {
  const now = useNow();
  if (since === null) return null;
  return html`<span class="up"><span>${t("c.up")} </span>${hands(Math.max(0, Math.floor(now + skew_s - since)))}</span>`;
}

/** A sentence with the whole seconds left until a moment, and a bar that fills. `text(seconds)`. */
export function Countdown({ until, skew_s, text, label }) {
  const now = useNow(250) + skew_s;
  const first = useRef(now);
  const left = Math.max(0, (until ?? now) - now);
  const done = until > first.current ? Math.min(1, 1 - left / (until - first.current)) : 1;
  const percent = Math.round(done * 100);
  return html`<p>${text(Math.ceil(left))}</p>
    <div class="bar" role="progressbar" aria-valuenow=${percent} aria-valuemin="0" aria-valuemax="100" aria-label=${label}>
      <i style=${{ width: `${percent}%` }}></i></div>`;
}
