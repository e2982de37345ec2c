/* hello: a datagram out, a datagram back, or none. */
import { Button, html, icon, useDraft } from "../../kit.js";
import { dur, t } from "../../i18n.js";
import { text } from "../../model/decode.js";
import { Bytes } from "../glass/bytes.js";
import { Exchanges, trouble, useExchanges } from "../glass/exchanges.js";
import { Client, Explanation, Terminal, client, quote } from "./kit.js";

export function TryHello({ state, actions }) {
  const server = state.servers.hello;
  const talk = useExchanges({ state, actions }, "hello");
  const [message, setMessage] = useDraft("hello.text", "Hello server");
  const submit = (event) => {
    event.preventDefault();
    if (!talk.off && !talk.busy) talk.send({ text: message });
  };
  return html`<div class="g2"><div class="stack">
      <${Client} server=${server}><form class="pn-b line" onSubmit=${submit}>
        <label class="fld grow"><span>${t("try.msg")}</span><input class="inp mono" value=${message} autocomplete="off"
          onInput=${(event) => setMessage(event.currentTarget.value)}/></label>
        <${Button} type="submit" kind="pri" icon="send" label=${t("try.dg")} busy=${talk.busy} off=${talk.off}/></form>
        <${Answer} exchange=${talk.list[0]}/><//>
      <${Exchanges} talk=${talk} transport="udp" onClear=${() => actions.forget("hello")}/>
      <${Bytes} exchange=${talk.exchange}/></div>
    <div class="stack"><${Terminal} commands=${commands(server, message)}/><${Explanation} server=${server}/></div></div>`;
}

function Answer({ exchange }) {
  const bad = exchange && trouble(exchange, "udp");
  return html`<div class="answer" role="status">${exchange &&
  (bad
    ? html`<span class="c-err">${icon("warn")}${bad}</span>`
    : html`<dl><div><dt>${t("try.res")}</dt><dd><code class="c-out">${text(exchange.received)}</code></dd></div>
        <div><dt>${t("try.rtt")}</dt><dd>${dur(exchange.microseconds / 1000)}</dd></div>
        <div><dt>${t("try.from")}</dt><dd><code>${exchange.address}</code></dd></div></dl>`)}</div>`;
}

const commands = ({ host, port, ...server }, message) => [
  [`printf %s ${quote(message)} | nc -u -w1 ${host} ${port}`],
  [client("hello", { host, port, ...server })],
];
