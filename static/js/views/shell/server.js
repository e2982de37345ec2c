/* One program: its head, and the tab that is open. */
import { html, useEffect } from "../../kit.js";
import { holdable, stuck } from "../../model/selectors.js";
import { Breaks } from "../glass/breaks.js";
import { Connections } from "../glass/connections.js";
import { Crashes } from "../glass/crash.js";
import { Head } from "./head.js";
import { HoldBar } from "./hold.js";
import { Lazy } from "./lazy.js";
import { Logs } from "../glass/logs.js";
import { Trouble } from "./own_failed.js";
import { Notices, Stuck } from "./own_words.js";
import { reasons } from "./reasons.js";
import { Try } from "../tasks/try.js";

/* The big views come when they are first looked at. */
const lazy = (load) => (props) => html`<${Lazy} load=${load} ...${props}/>`;

const BODIES = {
  loop: lazy(() => import("../glass/loop.js").then((module) => module.Loop)),
  rooms: lazy(() => import("../tasks/chat.js").then((module) => module.Chat)),
  console: lazy(() => import("../glass/console.js").then((module) => module.Console)),
  code: lazy(() => import("../glass/code.js").then((module) => module.Code)),
  wire: lazy(() => import("../glass/wire.js").then((module) => module.Wire)),
  threads: lazy(() => import("../glass/threads.js").then((module) => module.Threads)),
  life: lazy(() => import("../glass/life.js").then((module) => module.Life)),
  check: lazy(() => import("../glass/check.js").then((module) => module.Check)),
  try: Try,
  connections: Connections,
  logs: Logs,
};

export function Server({ state, actions }) {
  const { name, tab } = state.route;
  const server = state.servers[name];
  const [off, offChange] = reasons(state);
  const { topics } = server.tabs.find((item) => item.name === tab);
  useEffect(() => actions.subscribe(topics), [name, tab]);
  return html`<${Head} server=${server} tab=${tab} busy=${state.busy[name]} off=${off} offChange=${offChange}
      skew_s=${state.skew_s} actions=${actions}/>
    <${Trouble} state=${state} server=${server} actions=${actions}/>
    <${Notices} server=${server}/>
    ${stuck(server) && tab !== "threads" && html`<${Stuck} server=${server}/>`}
    <${Crashes} state=${state} server=${server} actions=${actions}/>
    <${Breaks} state=${state} server=${server} actions=${actions}/>
    ${holdable(server) && html`<${HoldBar} server=${server} off=${offChange} skew_s=${state.skew_s} actions=${actions}/>`}
    <${BODIES[tab]} key=${`${name}/${tab}`} name=${name} state=${state} actions=${actions}/>`;
}
