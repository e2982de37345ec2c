/* page: one HTTP request, the exact bytes of both sides, and the page itself in a frame without rights. */
import { Button, html, icon, useDraft, useMemo, useRef } from "../../kit.js";
import { dur, t } from "../../i18n.js";
import { http, text } from "../../model/decode.js";
import { address } from "../../model/selectors.js";
import { Bytes } from "../glass/bytes.js";
import { Exchanges, trouble, useExchanges } from "../glass/exchanges.js";
import { Client, Explanation, Terminal, client, netcats } from "./kit.js";

export function TryPage({ state, actions }) {
  const server = state.servers.page;
  const talk = useExchanges({ state, actions }, "page");
  const [path, setPath] = useDraft("page.path", "/");
  const submit = (event) => {
    event.preventDefault();
    if (!talk.off && !talk.busy) talk.send({ path });
  };
  return html`<div class="g2"><div class="stack">
      <${Client} server=${server}><form class="pn-b line" onSubmit=${submit}>
        <label class="fld grow"><span>${t("try.pathf")}</span><input class="inp mono" value=${path} autocomplete="off"
          spellcheck=${false} onInput=${(event) => setPath(event.currentTarget.value)}/></label>
        <${Button} type="submit" kind="pri" icon="send" label=${t("try.get")} busy=${talk.busy} off=${talk.off}/></form>
        <${Status} exchange=${talk.exchange}/><//>
      <${Preview} exchange=${talk.exchange}/>
      <${Bytes} exchange=${talk.exchange}/>
      <${Exchanges} talk=${talk} transport="tcp" onClear=${() => actions.forget("page")}/></div>
    <div class="stack"><${Terminal} commands=${commands(server, path)}/><${Explanation} server=${server}/></div></div>`;
}

/** The status line of an exchange and its round trip. */
export function Status({ exchange }) {
  const answer = exchange && http(exchange.received);
  const bad = exchange && (trouble(exchange, "tcp") ?? (answer ? null : t("try.nohttp")));
  return html`<div class="answer" role="status">${exchange &&
  (bad
    ? html`<span class="c-err">${icon("warn")}${bad}</span>`
    : html`<dl><div><dt>${t("try.res")}</dt><dd><code class="c-out">${answer.status} ${answer.reason}</code></dd></div>
        <div><dt>${t("try.rtt")}</dt><dd>${dur(exchange.microseconds / 1000)}</dd></div>
        <div><dt>${t("try.from")}</dt><dd><code>${exchange.address}</code></dd></div></dl>`)}</div>`;
}

function Preview({ exchange }) {
  const answer = exchange && http(exchange.received);
  const isPage = answer?.headers["content-type"]?.startsWith("text/html") && answer.body.length > 0;
  return html`<section class="panel" aria-labelledby="preview-h"><div class="pn-h"><h2 id="preview-h">${t("try.preview")}</h2></div>
    ${isPage ? html`<${Frame} page=${text(answer.body)}/>` : html`<p class="nothing">${t("try.preview.none")}</p>`}</section>`;
}

/*
 * The page is drawn from the bytes that came, in a frame that may run nothing and submit nothing.
 * It lives under the dashboard's policy, which forbids style elements: their rules are handed to
 * the frame as a sheet object, which only our own script can make.
 */
function Frame({ page }) {
  const frame = useRef(null);
  const { markup, rules } = useMemo(() => undress(page), [page]);
  const dress = () => {
    const { contentDocument: inner, contentWindow } = frame.current;
    const sheet = new contentWindow.CSSStyleSheet();
    sheet.replaceSync(rules);
    inner.adoptedStyleSheets = [sheet];
  };
  return html`<iframe class="preview" title=${t("try.preview")} sandbox="allow-same-origin" srcdoc=${markup}
    ref=${frame} onLoad=${dress}></iframe>`;
}

function undress(page) {
  const rules = [];
  const markup = page.replace(/<style[^>]*>([\s\S]*?)<\/style>/gi, (_, rule) => {
    rules.push(rule);
    return "";
  });
  return { markup, rules: rules.join("\n") };
}

const commands = (server, path) => {
  const place = path.startsWith("/") ? path : "/";
  const host = address(server.host, server.port);
  return [
    [`curl -i http://${host}${place}`],
    ...netcats(`printf 'GET ${place} HTTP/1.1\\r\\nHost: ${host}\\r\\n\\r\\n'`, server.host, server.port),
    [client("page", server)],
  ];
};
