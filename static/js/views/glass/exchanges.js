/* One exchange with a server through the dashboard, and the list of those made so far. */
import { Button, html, icon, useState } from "../../kit.js";
import { clock, dur, t } from "../../i18n.js";
import { firstLine, fromBase64 } from "../../model/decode.js";
import { running } from "../../model/selectors.js";
import { reason } from "../shell/reasons.js";

/**
 * How a tab talks to its server. Returns {send, busy, off, list, exchange, choose}: `send(body)`
 * makes one exchange and resolves with it, or null after telling why not; `off` is the reason why
 * nothing can be sent now; `exchange` is the chosen one of the list, the newest by itself.
 */
export function useExchanges({ state, actions }, name) {
  const [busy, setBusy] = useState(false);
  const [chosen, choose] = useState(null);
  const list = state.exchanges[name] ?? [];
  const send = async (body) => {
    setBusy(true);
    try {
      const answer = await actions.api("POST", `/api/try/${name}`, body);
      const exchange = received(answer);
      actions.exchanged(name, exchange);
      choose(exchange);
      return exchange;
    } catch (error) {
      actions.fail(error);
      return null;
    } finally {
      setBusy(false);
    }
  };
  const off = reason(state, "change") || (running(state.servers[name]) ? "" : t("off.notrunning"));
  const exchange = list.includes(chosen) ? chosen : (list[0] ?? null);
  return { send, busy, off, list, exchange, choose };
}

const received = ({ exchange, address }) => ({
  at: Date.now() / 1000,
  sent: fromBase64(exchange.sent),
  received: fromBase64(exchange.received),
  microseconds: exchange.microseconds,
  ended: exchange.ended,
  local: exchange.local,
  address,
});

/** The end of an exchange without a reply, in words; null when there was one. */
export function trouble(exchange, transport) {
  if (exchange.ended === "reply") return null;
  if (exchange.ended === "timeout" && transport === "udp") return t("try.lost");
  return t(`end.${exchange.ended}`);
}

/** The exchanges so far, newest first; one can be chosen to see its bytes. */
export function Exchanges({ talk, transport, onClear }) {
  const { list, exchange, choose } = talk;
  return html`<section class="panel" aria-labelledby="xch-h">
    <div class="pn-h"><h2 id="xch-h">${t("try.hist")}</h2><span class="r">
      <${Button} kind="gh sm" icon="x" label=${t("try.clear")} off=${!list.length && t("try.none")} onClick=${onClear}/></span></div>
    ${list.length
      ? html`<ul class="xch">${list.map(
          (item) => html`<li key=${item.at}><button type="button" aria-pressed=${String(item === exchange)}
            onClick=${() => choose(item)}><${Row} item=${item} transport=${transport}/></button></li>`,
        )}</ul>`
      : html`<p class="nothing">${t("try.none")}</p>`}
  </section>`;
}

function Row({ item, transport }) {
  const bad = trouble(item, transport);
  return html`<time>${clock(item.at)}</time><code class="c-in">${firstLine(item.sent) || t("empty")}</code>
    ${bad
      ? html`${icon("warn", "c-err")}<span class="c-err bad">${bad}</span>`
      : html`${icon("arrow")}<code class="c-out">${firstLine(item.received)}</code>
          <span class="ms">${dur(item.microseconds / 1000)}</span>`}`;
}
