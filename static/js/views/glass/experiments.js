/* The clients that the dashboard sends to a program, and the freeze: each makes one state that can be looked at. */
import { Button, IconButton, html, icon, useDraft, useNow, useState } from "../../kit.js";
import { hands, nf, t } from "../../i18n.js";
import { running } from "../../model/selectors.js";
import { reason } from "../shell/reasons.js";

/* The sign and the usual number of each kind; kinds without a number are one at a time. */
const KINDS = {
  clients: { sign: "user", n: [1, 10, 50, 500] },
  half: { sign: "half", n: [1, 10] },
  slow: { sign: "hour", n: [1, 10] },
  slow_reader: { sign: "dout", n: [1, 5] },
  silent: { sign: "mute", n: [1, 10, 50] },
  reset: { sign: "x", n: [1, 10] },
  not_utf8: { sign: "warn", n: [1] },
  storm: { sign: "bolt", n: [50, 500] },
  burst: { sign: "din", n: [100, 1000] },
  freeze: { sign: "pause", n: [] },
};

/** A strip of buttons, one for each state that a client can bring about, and what is under way. */
export function Experiments({ state, actions, name }) {
  const server = state.servers[name];
  const [kind, setKind] = useDraft(`exp.kind.${name}`, "clients");
  const kinds = server.experiment_kinds ?? {};
  const offered = Object.keys(KINDS).filter((one) => one in kinds);
  if (!offered.length || !running(server)) return null;
  const chosen = offered.includes(kind) ? kind : offered[0];
  return html`<section class="panel exp" aria-label=${t("exp.h")}>
    <div class="exp-b"><b class="tb-h">${t("exp.h")}</b>
      <label class="sel"><span class="sr">${t("exp.kind")}</span><select class="inp" value=${chosen} onChange=${(event) => setKind(event.currentTarget.value)}>
        ${offered.map((one) => html`<option key=${one} value=${one} selected=${one === chosen}>${t(`exp.${one}`)}</option>`)}</select>${icon("downc")}</label>
      <${Send} key=${chosen} server=${server} kind=${chosen} most=${kinds[chosen]} off=${reason(state, "start")} actions=${actions}/></div>
    <p class="muted">${t(`exp.${chosen}.d`)}</p>
    <${Running} server=${server} off=${reason(state, "change")} skew_s=${state.skew_s} actions=${actions}/>
  </section>`;
}

function Send({ server, kind, most, off, actions }) {
  const [busy, setBusy] = useState(false);
  const send = async (n) => {
    setBusy(true);
    await actions.api("POST", `/api/experiments/${server.name}`, { kind, n }).catch(actions.fail);
    setBusy(false);
  };
  const { sign, n: numbers } = KINDS[kind];
  if (!numbers.length) return html`<${Button} icon=${sign} label=${t(`exp.${kind}.do`)} busy=${busy} off=${off} onClick=${() => send(1)}/>`;
  return html`<span class="exp-n">${numbers.filter((n) => n <= most).map((n) => html`<${Button} key=${n} icon=${sign} label=${nf(n)} busy=${busy} off=${off}
    aria-label=${`${t(`exp.${kind}`)}: ${nf(n)}`} onClick=${() => send(n)}/>`)}</span>`;
}

/** The experiments under way with their numbers and a way to end each. */
export function Running({ server, off, skew_s, actions }) {
  const under_way = server.experiments ?? [];
  if (!under_way.length) return null;
  return html`<ul class="exp-r">${under_way.map((one) => html`<${Progress} key=${one.id} one=${one} name=${server.name} off=${off} skew_s=${skew_s} actions=${actions}/>`)}</ul>`;
}

function Progress({ one, name, off, skew_s, actions }) {
  const now = useNow() + skew_s;
  const { id, kind, clients, done, failed, until } = one;
  return html`<li>${icon(KINDS[kind]?.sign ?? "user")}<b>${t(`exp.${kind}`)}</b>
    ${kind !== "freeze" && html`<span>${t("exp.done", { a: done + failed, b: clients })}${failed > 0 && html` <b class="c-err">${t("exp.failed", { n: failed })}</b>`}</span>`}
    <span class="muted">${t("exp.left", { v: hands(Math.max(0, Math.round(until - now))) })}</span>
    <${IconButton} kind="sm" icon="x" label=${t(kind === "freeze" ? "exp.thaw" : "exp.stop")} off=${off}
      onClick=${() => actions.api("DELETE", `/api/experiments/${name}?id=${encodeURIComponent(id)}`).catch(actions.fail)}/></li>`;
}
