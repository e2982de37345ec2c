/* hypotenuse: two legs as JSON, the hypotenuse as text; or any bytes at all, broken ones too. */
import { Button, Segmented, html, icon, useDraft, useState } from "../../kit.js";
import { dur, t } from "../../i18n.js";
import { number, text } from "../../model/decode.js";
import { Bytes } from "../glass/bytes.js";
import { Exchanges, trouble, useExchanges } from "../glass/exchanges.js";
import { Triangle } from "./triangle.js";
import { Client, Explanation, Terminal, client, netcats, quote } from "./kit.js";

const BROKEN = ['{"a": 3, "b"', '{"a": "three", "b": 4}', "[3, 4]", '{"a": 3}', '{"a": -3, "b": 4}', '{"a": 1e999, "b": 0}'];

export function TryHypotenuse({ state, actions }) {
  const server = state.servers.hypotenuse;
  const talk = useExchanges({ state, actions }, "hypotenuse");
  const [mode, setMode] = useDraft("hypotenuse.mode", "legs");
  const [legs, setLegs] = useDraft("hypotenuse.legs", { a: "3", b: "4" });
  const [raw, setRaw] = useDraft("hypotenuse.raw", '{"a": 3, "b": 4}');
  const values = { a: number(legs.a), b: number(legs.b) };
  const body = mode === "raw" ? { raw } : values;
  const typed = { a: values.a ?? legs.a, b: values.b ?? legs.b }; // what is no number goes as text, and the server says so
  const input = mode === "raw" ? raw : `{"a": ${JSON.stringify(typed.a)}, "b": ${JSON.stringify(typed.b)}}`;
  return html`<div class="g2"><div class="stack">
      <${Client} server=${server}>
        <div class="pn-b line"><${Segmented} label=${t("try.mode")} items=${[["legs", t("try.legs")], ["raw", t("try.rawjson")]]}
          value=${mode} onChange=${setMode}/></div>
        ${mode === "raw"
          ? html`<${Raw} raw=${raw} setRaw=${setRaw} talk=${talk} send=${() => talk.send(body)}/>`
          : html`<${Legs} legs=${legs} setLegs=${setLegs} values=${values} talk=${talk} send=${() => talk.send(body)}/>`}
      <//>
      <${Exchanges} talk=${talk} transport="tcp" onClear=${() => actions.forget("hypotenuse")}/>
      <${Bytes} exchange=${talk.exchange}/></div>
    <div class="stack"><${Terminal} commands=${[
      ...netcats(`printf %s ${quote(input)}`, server.host, server.port),
      [client("hypotenuse", server)],
    ]}/><${Explanation} server=${server}/></div></div>`;
}

function Legs({ legs, setLegs, values, talk, send }) {
  const [tried, setTried] = useState(false);
  const bad = ["a", "b"].filter((leg) => values[leg] === null);
  const submit = (event) => {
    event.preventDefault();
    setTried(true);
    if (!bad.length && !talk.off && !talk.busy) send();
  };
  const field = (leg) => html`<label class="fld"><span>${t(`try.${leg}`)}</span>
    <input class="inp mono" id=${`leg-${leg}`} inputmode="decimal" autocomplete="off" value=${legs[leg]}
      aria-invalid=${tried && bad.includes(leg) ? "true" : undefined} aria-describedby=${`leg-${leg}-e`}
      onInput=${(event) => setLegs({ ...legs, [leg]: event.currentTarget.value })}/>
    <span class="err" id=${`leg-${leg}-e`} role="alert">${tried && bad.includes(leg) && t("try.nan")}</span></label>`;
  return html`<div class="pn-b tri"><form class="form" onSubmit=${submit}>${field("a")}${field("b")}
      <${Button} type="submit" kind="pri" icon="send" label=${t("try.send")} kbd="↵" busy=${talk.busy} off=${talk.off}/>
      <${Result} exchange=${talk.list[0]}/></form>
    <${Triangle} exchange=${talk.list[0]} legs=${values}/></div>`;
}

function Raw({ raw, setRaw, talk, send }) {
  const submit = (event) => {
    event.preventDefault();
    if (!talk.off && !talk.busy) send();
  };
  return html`<form class="pn-b form" onSubmit=${submit}>
    <label class="fld"><span>${t("try.bytes")}</span><textarea class="inp mono" rows="3" spellcheck=${false} value=${raw}
      onInput=${(event) => setRaw(event.currentTarget.value)}></textarea></label>
    <div class="samples" role="group" aria-label=${t("try.broken")}><span class="muted small">${t("try.broken")}</span>
      ${BROKEN.map((sample) => html`<button type="button" class="fchip mono" key=${sample} onClick=${() => setRaw(sample)}>${sample}</button>`)}</div>
    <div class="line"><${Button} type="submit" kind="pri" icon="send" label=${t("try.send")} busy=${talk.busy} off=${talk.off}/>
      <${Result} exchange=${talk.list[0]}/></div></form>`;
}

function Result({ exchange }) {
  if (!exchange) return html`<div role="status"></div>`;
  const answer = text(exchange.received).trim();
  const bad = trouble(exchange, "tcp") ?? (answer.startsWith("error") ? answer : null);
  return html`<div class="answer in" role="status">${bad
    ? html`<span class="c-err">${icon("warn")}<span>${bad}</span></span>`
    : html`<dl><div><dt>${t("try.c")}</dt><dd><code class="c-out">${answer}</code></dd></div>
        <div><dt>${t("try.rtt")}</dt><dd>${dur(exchange.microseconds / 1000)}</dd></div></dl>`}</div>`;
}
