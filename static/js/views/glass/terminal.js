/* One terminal: what the program printed, what was typed, and a line to type in. */
import { Button, html, icon, pill, useDraft, useEffect, useRef } from "../../kit.js";
import { clock, t, thousandths } from "../../i18n.js";
import { NO_CONSOLE, cutParts, placeIn, textOf } from "../../model/console.js";
import { href } from "../../model/routes.js";
import { offKey, shown, startable } from "../../model/selectors.js";
import { Empty } from "../shell/not_running.js";
import { Tail } from "./tail.js";
import { reasons } from "../shell/reasons.js";

const HISTORY_KEPT = 50;
/* The bytes that a terminal sends for these keys (termios(3): INTR and EOF). */
const INTERRUPT = "\x03";
const END = "\x04";

/** The terminal of a program. `guest`: it stands beside the one whose page this is. */
export function Terminal({ state, name, actions, guest = false, children }) {
  const server = state.servers[name];
  const console = state.consoles[name] ?? NO_CONSOLE;
  const [wrap, setWrap] = useDraft("console.wrap", true);
  useEffect(() => actions.consoles.open(name), [name]);
  const draw = (line) => html`<${Line} key=${line.n} line=${line} server=${server}/>`;
  return html`<section class="panel term" aria-label=${`${t("tab.console")}, ${server.title}`}>
    <div class="toolbar">${guest && html`<${Guest} state=${state} server=${server} actions=${actions}/>`}${children}<span class="sp"></span>
      ${console.cut && html`<a class="muted small" href=${href(server, "logs")}>${t("con.cut")}</a>`}
      <button type="button" class="btn ib" aria-label=${t("l.wrap")} title=${t("l.wrap")} aria-pressed=${String(wrap)}
        onClick=${() => setWrap(!wrap)}>${icon("wrap")}</button></div>
    <${Tail} key=${`${name}${wrap}`} lines=${console.lines} draw=${draw} wrap=${wrap} label=${t("con.out")}
      empty=${guest || !startable(server) ? t("con.none") : html`<${Empty} state=${state} name=${name} sees=${t("see.console")} actions=${actions}/>`}/>
    <${Typing} server=${server} console=${console} off=${offKey(state)} actions=${actions}/>
  </section>`;
}

function Guest({ state, server, actions }) {
  const busy = state.busy[server.name];
  const [off, offChange] = reasons(state);
  const button = (action, symbol, key, kind, why) => html`<${Button} kind=${`sm ${kind}`} icon=${symbol} label=${t(key)} busy=${busy === action} off=${why}
    onClick=${() => actions[action](server.name)}/>`;
  return html`<a class="tb-h" href=${href(server, "console")}>${server.title}</a>${pill(shown(server))}
    ${startable(server) ? button("start", "play", "start", "pri", off) : button("stop", "stop", "stop", "", offChange)}`;
}

function Line({ line, server }) {
  if (line.skipped) return html`<li class="gap">${t("con.skipped", { n: line.skipped })}</li>`;
  if (line.refused) return html`<li class="t-system"><span class="text">${line.refused}</span></li>`;
  if (line.state) return html`<li class="t-system"><${When} at=${line.at}/><span class="text">${systemWords(line.state)}</span></li>`;
  const place = placeIn(textOf(line), server.folder);
  return html`<li><${When} at=${line.at}/><span class="text">${place ? html`<${Linked} line=${line} place=${place} server=${server}/>` : pieces(line.parts)}</span></li>`;
}

const When = ({ at }) => html`<time>${at ? html`${clock(at)}<small>${thousandths(at)}</small>` : null}</time>`;

const pieces = (parts) => parts.map(([text, cls]) => html`<span class=${cls}>${text}</span>`);

function Linked({ line, place, server }) {
  const [before, within, after] = cutParts(line.parts, place);
  return html`${pieces(before)}<a href=${href(server, "code", { line: place.line })}>${pieces(within)}</a>${pieces(after)}`;
}

function systemWords({ state, exit_code: code, signal }) {
  if (state === "started") return t("con.started");
  return signal ? t("con.killed", { s: signal }) : t("con.ended", { c: String(code ?? "?") });
}

/* Enter sends a line; the arrows bring earlier ones back. */
function Typing({ server, console, off, actions }) {
  const { name } = server;
  const [typed, setTyped] = useDraft(`console.typed.${name}`, "");
  const [past, setPast] = useDraft(`console.past.${name}`, []);
  const back = useRef(0);
  const why = off ?? (startable(server) ? "con.off" : console.status === "open" ? null : "con.off.link");
  const send = (input) => !why && actions.consoles.say(name, input);
  const submit = (event) => {
    event.preventDefault();
    if (!send(`${typed}\n`)) return;
    if (typed) setPast([...past.filter((line) => line !== typed), typed].slice(-HISTORY_KEPT));
    back.current = 0;
    setTyped("");
  };
  const onKeyDown = (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const control = event.ctrlKey && { c: INTERRUPT, d: END }[event.key];
    const { selectionStart, selectionEnd } = event.currentTarget;
    if (control && selectionStart === selectionEnd) send(control);
    else if (by && past.length) recall(by);
    else return;
    event.preventDefault();
  };
  const recall = (by) => {
    back.current = Math.min(past.length, Math.max(0, back.current + by));
    setTyped(back.current ? past.at(-back.current) : "");
  };
  const asked = server.waits_for_input;
  return html`<form class="typing ${asked ? "asked" : ""}" onSubmit=${submit}>
    <span class="mono" aria-hidden="true">${asked ? icon("kbd") : "›"}</span>
    <input class="inp mono" aria-label=${t("con.input")} placeholder=${why ? t(why) : asked?.prompt || t("con.input.ph")} value=${typed} autocomplete="off"
      spellcheck=${false} onInput=${(event) => setTyped(event.currentTarget.value)} onKeyDown=${onKeyDown}/>
    <${Button} type="submit" icon="send" label=${t("con.send")} off=${why && t(why)}/>
    <${Button} label="^C" aria-label=${t("con.int")} title=${t("con.int.s")} off=${why && t(why)} onClick=${() => send(INTERRUPT)}/>
    <${Button} label="^D" aria-label=${t("con.eof")} title=${t("con.eof.s")} off=${why && t(why)} onClick=${() => send(END)}/></form>`;
}
