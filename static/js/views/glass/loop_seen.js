/* A loop that somebody wrote by hand, or asyncio's, as far as it can be seen from outside. */
import { html, icon } from "../../kit.js";
import { t } from "../../i18n.js";
import { ticksOf } from "../../model/ticks.js";
import { Ticks } from "./loop_ticks.js";
import { TaskTable } from "./threads_tables.js";

export function SeenLoop({ table, points, server, peers }) {
  const ticks = ticksOf(points);
  if (!ticks.length && !table.tasks.length) return null;
  return html`<${Ticks} ticks=${ticks} unit="loop.tick.calls"/>
    ${table.tasks.length > 0 && html`<${TaskTable} table=${table} server=${server} peers=${peers}/>`}
    <p class="notice">${icon("info")}<span>${t(table.tasks.some(({ kind }) => kind === "coroutine") ? "loop.seen.asyncio" : table.tasks.length ? "loop.seen.own" : "loop.seen.calls")}</span></p>`;
}
