/* Pause and step a program: one point at a time, whatever tab is open; a loop's point is a task's resume. */
import { Button, Segmented, html, icon, useEffect, useNow, useState } from "../../kit.js";
import { bytes, dur, hands, t } from "../../i18n.js";
import { nextPoint, secondsLeft } from "../../model/hold.js";
import { href } from "../../model/routes.js";
import { paused } from "../../model/selectors.js";
import { Breakpoints } from "./breakpoints.js";

/* Seconds of rest before each point, the fastest first. */
const SPEEDS = [0, 0.1, 0.5];
/* A click that was accepted and then never confirmed leaves its button usable again. */
const CONFIRM_MS = 4000;

export function HoldBar({ server, off, skew_s, actions }) {
  const [thread, setThread] = useState("");
  const hold = useHold(server, actions);
  const still = paused(server);
  const inLoop = steppedByTasks(server);
  const wait = off || (!still && t(inLoop ? "lp.step.off" : "hold.off"));
  const points = server.held?.points ?? [];
  const point = nextPoint(server, thread);
  const button = (action, body, symbol, key, more = {}) => html`<${Button} icon=${symbol} label=${t(key)} busy=${hold.busy === action}
    off=${more.always ? off : wait} title=${t(more.says ?? `${key}.d`)} onClick=${() => hold.ask(action, body)} ...${more.props}/>`;
  return html`<section class="hold ${still ? "is-held" : ""}" aria-label=${t("hold.h")}>
    <div class="ctlbar" role="toolbar" aria-label=${t("hold.h")}>
      ${still
        ? button("resume", { action: "resume" }, "play", "hold.resume", { always: true, props: { kind: "pri", "data-key": "Space" } })
        : button("pause", { action: "pause" }, "pause", "hold.pause", { always: true, says: inLoop ? "lp.pause.d" : undefined, props: { "data-key": "Space" } })}
      ${button("step", { action: "step" }, "step", "hold.step", inLoop ? { says: "lp.step.d" } : { props: { "data-key": "." } })}
      ${inLoop
        ? button("tick", { action: "tick" }, "tick", "lp.tick", { props: { "data-key": "." } })
        : html`${button("thread", { action: "step", thread: point?.thread }, "thread", "hold.thread")}
          ${button("send", { action: "step", until: "send" }, "dout", "hold.send")}`}
      <span class="grp"><span class="lbl">${t("lp.speed")}</span><${Segmented} label=${t("lp.speed")} items=${speeds()} off=${off}
        value=${String(server.held?.delay_s ?? 0)} keys=${["+", "-"]} onChange=${(seconds) => hold.ask("slow", { action: "slow", seconds: Number(seconds) })}/></span>
      <${Breakpoints} server=${server} off=${off} set=${(all) => hold.ask("break", { action: "break", ...all })}/>
    </div>
    ${hold.refusal && html`<${Refusal} refusal=${hold.refusal} by=${server.held?.by} take=${hold.take}/>`}
    ${still && html`<${Strip} server=${server} point=${point} points=${points} thread=${thread} setThread=${setThread} skew_s=${skew_s} me=${actions.controller()}/>`}
    ${!still && html`<${Runs} delay_s=${server.held?.delay_s ?? 0} inLoop=${inLoop}/>`}
  </section>`;
}

/** Whether its one thread runs tasks: those are what is stepped. */
const steppedByTasks = ({ own, tabs }) => !own && tabs.some(({ name }) => name === "loop");

/* While it runs: the price of slow motion. A loop's line is always there, so that its board stays where it is. */
function Runs({ delay_s, inLoop }) {
  if (!delay_s && !inLoop) return null;
  const text = delay_s ? t(inLoop ? "lp.slowed" : "hold.slowed", { v: dur(delay_s * 1000) }) : t("lp.sub");
  return html`<div class="notice strip ${delay_s ? "warn" : ""}">${icon(delay_s ? "hour" : "info")}<span role="status">${text}</span></div>`;
}

const speeds = () => SPEEDS.map((seconds) => [String(seconds), seconds ? `+${dur(seconds * 1000)}` : "1×"]);

/* Asking the dashboard to hold: busy until the program has confirmed; a refusal can be overruled. */
function useHold(server, actions) {
  const [busy, setBusy] = useState(null);
  const [refusal, setRefusal] = useState(null);
  useEffect(() => setBusy(null), [server.held, server.paused]);
  const ask = async (action, body) => {
    setBusy(action);
    setRefusal(null);
    setTimeout(() => setBusy((now) => (now === action ? null : now)), CONFIRM_MS);
    try {
      await actions.hold(server.name, body);
    } catch (error) {
      setBusy(null);
      if (error.status === 409) setRefusal({ text: error.message, action, body });
      else actions.fail(error);
    }
  };
  const take = () => ask(refusal.action, { ...refusal.body, take: true });
  return { busy, refusal, ask, take };
}

const Refusal = ({ refusal, by, take }) =>
  html`<div class="notice warn" role="alert">${icon("warn")}<span>${by ? t("hold.taken", { by }) : refusal.text}</span>
    <span class="r"><${Button} kind="sm" label=${t("hold.take")} onClick=${take}/></span></div>`;

/* The next step said before it is made, and the price of the pause. */
function Strip({ server, point, points, thread, setThread, skew_s, me }) {
  const now = useNow() + skew_s;
  const { by } = server.held ?? {};
  const { accept_queue: queue, accept_limit: limit, connections } = server.figures ?? {};
  return html`<div class="notice warn strip">${icon("pause")}
    <span class="next" role="status">${point ? html`<${Next} server=${server} point=${point}/>` : t(steppedByTasks(server) ? "lp.pausednote" : "hold.none")}</span>
    ${points.length > 1 && html`<span class="sel"><select class="inp" aria-label=${t("hold.which")} value=${thread || point?.thread}
      onChange=${(event) => setThread(event.currentTarget.value)}>${points.map(
        (one) => html`<option key=${one.thread} value=${one.thread}>${one.thread} · ${one.call}() · ${one.line}</option>`,
      )}</select>${icon("downc")}</span>`}
    <dl class="price">${by && html`<div><dt>${t("hold.by")}</dt><dd>${by === me ? t("hold.me") : by}</dd></div>`}
      ${connections > 0 && html`<div><dt>${t("hold.clients")}</dt><dd>${connections}</dd></div>`}
      ${typeof queue === "number" && html`<div><dt>${t("cn.backlog")}</dt><dd>${queue}${limit ? `/${limit}` : ""}</dd></div>`}
      ${server.held && html`<div><dt>${t("hold.left")}</dt><dd>${hands(Math.floor(secondsLeft(server.held, now)))}</dd></div>`}</dl></div>`;
}

/* As "Next: Thread-3 recv() at server.py:31, 14 B wait". */
function Next({ server, point }) {
  const code = server.tabs.some(({ name }) => name === "code");
  const line = code ? html`<a href=${href(server, "code", { line: point.line })}>${point.line}</a>` : point.line;
  return html`${t(point.when === "after" ? "hold.next.after" : "hold.next")} <b>${point.thread}</b> <code>${point.call}()</code> ${line}${point.peer ? html`, ${point.peer}` : ""}
    ${point.waiting > 0 && html`, ${t("hold.waiting", { v: bytes(point.waiting) })}`}`;
}

