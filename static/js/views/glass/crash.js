/* Why a program or one of its threads died, as a story: the line, its bytes, what helps. */
import { Button, IconButton, html, icon, titleOf, useDraft, useState } from "../../kit.js";
import { clock, t } from "../../i18n.js";
import { alike, didOf, evidence, helpOf, wanted } from "../../model/crash.js";
import { href } from "../../model/routes.js";
import { coloured } from "../../model/source.js";
import { startable } from "../../model/selectors.js";
import { HexRows } from "./hex_rows.js";
import { LineLink } from "./line_link.js";
import { reason } from "../shell/reasons.js";

const NOTHING = [];
const SHOWN = 3;
/* Tabs that a crash may push down: it begins in full on them, and on the one that opens by itself. */
const IN_FULL = new Set(["console", "code"]);
/* The act of a line on the bytes that came last. */
const TAKES = new Set(["decode", "json", "number", "parts"]);

/** The stories of a program's last crashes that the reader has not put away. */
export function Crashes({ state, server, actions }) {
  const [away, setAway] = useDraft(`crash.away.${server.name}`, NOTHING);
  const stories = alike(server.crashes ?? NOTHING).filter(({ key }) => !away.includes(key));
  const { tab } = state.route;
  const full = IN_FULL.has(tab) || tab === server.tabs[0].name;
  return stories.slice(0, SHOWN).map((story, index) => html`<${Story} key=${`${story.key}/${full}`} story=${story} full=${full && index === 0 && !told(story, server)} server=${server} busy=${state.busy[server.name]}
    off=${reason(state, "start")} actions=${actions} putAway=${() => setAway([...away, story.key])}/>`);
}

/* The program's own end, whose cause and way out stand above it. */
const told = ({ crash }, { failure }) => crash.main && Boolean(failure) && failure.reason !== "exited";

function headOf(server, crash) {
  const values = { s: titleOf(server), t: crash.thread, e: crash.exception };
  if (wanted(crash)) return t("crash.h.ctrl_c", values);
  return t(crash.swallowed ? "crash.h.swallowed" : crash.main ? "crash.h.main" : "crash.h.thread", values);
}

function Story({ story, full, server, busy, off, actions, putAway }) {
  const [open, setOpen] = useState(full);
  const { crash, count } = story;
  const calm = wanted(crash);
  const above = told(story, server);
  const again = startable(server);
  const seen = crash.received && server.tabs.some(({ name }) => name === "wire");
  return html`<section class="panel crash ${calm ? "calm" : ""}" role=${calm ? "status" : "alert"} aria-label=${headOf(server, crash)}>
    <header>${icon(calm ? "info" : "warn")}<h2>${headOf(server, crash)}${count > 1 && html` <span class="tag">×${count}</span>`}</h2><time>${clock(crash.at)}</time>
      <${IconButton} kind="gh sm" icon="downc" label=${t("crash.more")} aria-expanded=${String(open)} onClick=${() => setOpen(!open)}/>
      <${IconButton} kind="gh sm" icon="x" label=${t("crash.away")} onClick=${putAway}/></header>
    ${open && html`<${Body} crash=${crash} server=${server} calm=${calm || above}/>`}
    ${(open || crash.main) && !above && (crash.main || again || seen) && html`<div class="acts">${(crash.main || again) && html`<${Button} kind="pri" icon="restart" label=${t("restart")} busy=${busy} off=${off}
        onClick=${() => (again ? actions.start(server.name) : actions.restart(server.name))}/>`}
      ${seen && html`<a class="btn" href=${href(server, "wire", bytesQuery(crash))}>${icon("din")}<span>${t("crash.bytes.see")}</span></a>`}
      ${!calm && server.tabs.some(({ name }) => name === "check") && html`<a class="btn" href=${href(server, "check")}>${icon("flag")}<span>${t("tab.check")}</span></a>`}</div>`}
  </section>`;
}

/* The wire of the socket, or of the thread, at the block that brought the bytes. */
const bytesQuery = ({ id, thread, at }) => ({ ...(id === null || id === undefined ? { thread } : { stream: id }), crash: at });

const Body = ({ crash, server, calm }) =>
  html`<p class="did"><${Did} crash=${crash}/>${!crash.main && !crash.swallowed && html` ${crash.peer ? t("crash.alone", { p: crash.peer }) : t("crash.lives")}`}</p>
    ${crash.line && html`<${Line} crash=${crash} server=${server}/>`}
    ${(crash.received || Object.keys(crash.locals ?? {}).length > 0) && html`<div class="crash-g"><${Bytes} crash=${crash}/><${Locals} locals=${crash.locals}/></div>`}
    ${!calm && html`<p class="help">${icon("info")}<span><b>${t("crash.helps")}</b> ${t(`crash.help.${helpOf(crash)}`)}</span></p>`}
    <${Trace} crash=${crash} server=${server}/>`;

/* The act of the line, and its bytes. */
function Did({ crash }) {
  const found = evidence(crash);
  const did = didOf(crash);
  const message = crash.message ? `${crash.exception}: ${crash.message}` : crash.exception;
  const from = found && t(`crash.${TAKES.has(did) ? "of" : "after"}${crash.peer ? "" : ".any"}`, { n: found.size, p: crash.peer ?? "" });
  return html`${[t(`crash.did.${did}`), from].filter(Boolean).join(" ")}. <code>${message}</code>.`;
}

function Line({ crash, server }) {
  const code = html`<span class="no-l">${crash.line}</span><span class="tx">${coloured(crash.source ?? "").map(([cls, words]) => (cls ? html`<span class=${cls}>${words}</span>` : words))}</span>`;
  const link = server.tabs.some(({ name }) => name === "code");
  return html`<div class="src crash-l">${link ? html`<a class="l" href=${href(server, "code", { line: crash.line })} title=${t("wire.line.d")}>${code}</a>` : html`<div class="l">${code}</div>`}</div>`;
}

function Bytes({ crash }) {
  const found = evidence(crash);
  if (!found) return null;
  const { bytes, from, size, bad } = found;
  return html`<div class="hx" role="group" aria-label=${t("crash.bytes")}><p class="what-k">${t("crash.bytes")}${from + bytes.length < size || from > 0 ? ` · ${t("crash.bytes.part", { a: String(from), b: String(from + bytes.length - 1), n: size })}` : ""}</p>
    <div class="blk in"><${HexRows} data=${bytes} width=${8} marks=${bad === null ? undefined : [{ from: bad, to: bad + 1, cls: "bad" }]}/></div>
    ${bad !== null && html`<p class="cutnote c-err">${icon("warn")}${t("crash.bad", { b: `0x${bytes[bad].toString(16).padStart(2, "0")}`, at: String(from + bad) })}</p>`}</div>`;
}

function Locals({ locals }) {
  const names = Object.entries(locals ?? {});
  if (!names.length) return null;
  return html`<div class="locals"><p class="what-k">${t("crash.locals")}</p><dl>${names.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></div>`;
}

const Trace = ({ crash, server }) =>
  crash.stack?.length > 0 &&
  html`<details class="trace"><summary>${t("crash.trace")}</summary><ol>${crash.stack.map(([line, name, source], index) => html`<li key=${index}>
    <${LineLink} server=${server} line=${line}/> ${name}<pre>${source ?? ""}</pre></li>`)}</ol></details>`;
