/* One room: its people, its messages, and the line for a new one. */
import { Button, IconButton, Toggle, html, icon, pure, useDraft, useLayoutEffect, useNow, useRef } from "../../kit.js";
import { errorText } from "../../errors.js";
import { clock, nf, t } from "../../i18n.js";
import { bytesOf, isBlank, wireBytes } from "../../model/chat.js";
import { hex } from "../../model/hex.js";

export function Room({ room, second, up, port, rules, mute, lang, chat }) {
  const [raw, setRaw] = useDraft(`chat.raw.${room.id}`, false);
  const connected = room.status === "connected";
  return html`<section class="panel room ${second ? "second" : ""}" aria-labelledby=${`rm-${room.id}`}>
    <div class="pn-h"><span class="rid" aria-hidden="true">${room.id}</span><h2 id=${`rm-${room.id}`}>${t("ch.room")} ${room.id}</h2>
      ${room.people !== null && connected && html`<span class="tag">${icon("user")}${nf(room.people)}<span> ${t("ch.people")}</span></span>`}
      <span class="r"><span class="conn ${connected ? "" : "off"}" title=${t("ch.conn")}><i></i><span>${connected ? room.local : t("ch.off")}</span></span>
        <${Toggle} label=${t("ch.raw")} on=${raw} onChange=${setRaw}/>
        <${IconButton} label=${t("ch.leave")} icon="x" kind="gh sm" onClick=${() => chat.leave(room.id)}/></span></div>
    ${!connected && html`<${Trouble} room=${room} up=${up} chat=${chat}/>`}
    <${Messages} room=${room} raw=${raw} port=${port} lang=${lang} chat=${connected ? chat : null}/>
    <${Composer} room=${room} connected=${connected} rules=${rules} mute=${mute} chat=${chat}/></section>`;
}

function Trouble({ room, up, chat }) {
  const now = useNow();
  const left = room.retry_at ? Math.max(0, Math.ceil(room.retry_at - now)) : null;
  const key = { left: "ch.st.left", connecting: "ch.st.connecting", not_running: "ch.st.stopped", crowded: "ch.st.crowded" }[room.status] ?? (up ? "ch.st.lost" : "ch.st.stopped");
  return html`<div class="notice ${room.status === "connecting" ? "" : "warn"}" role="status">${icon(room.status === "connecting" ? "clock" : "warn")}
    <span>${t(key, { r: room.id })}${left !== null && html` ${t("ch.retry", { n: left })}`}</span>
    ${room.status !== "connecting" && html`<span class="r"><${Button} kind="sm" icon="restart" label=${t("ch.again")} off=${up ? "" : t("off.notrunning")}
      onClick=${() => chat.again(room.id)}/></span>`}</div>`;
}

function Messages({ room, raw, port, lang, chat }) {
  const list = useRef(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (atEnd.current) list.current.scrollTop = list.current.scrollHeight;
  });
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < 40;
  };
  return html`<div class="msgs" role="log" aria-live="polite" aria-label=${`${t("ch.room")} ${room.id}`} tabindex="0" ref=${list} onScroll=${onScroll}>
    <div class="fill"></div>
    ${room.entries.length === 0 && html`<p class="sys">${t("ch.empty", { p: String(port), r: room.id })}</p>`}
    ${room.entries.map((entry, index) => html`<${Entry} key=${entry.n} entry=${entry} before=${room.entries[index - 1]} raw=${raw} lang=${lang} id=${room.id} chat=${chat}/>`)}</div>`;
}

const Entry = pure(function Entry({ entry, before, raw, id, chat }) {
  if (entry.kind === "message") return html`<${Message} entry=${entry} before=${before} raw=${raw} again=${chat && (() => chat.sayAgain(id, entry))}/>`;
  if (entry.kind === "notice") return html`<p class="glue">${icon("warn")}${t("ch.skipped", { n: entry.count })}</p>`;
  if (entry.kind === "gap") return html`<p class="glue" data-gap>${icon("warn")}${entry.count === null ? t("ch.gap") : t("ch.gap.n", { n: entry.count })}</p>`;
  return html`<p class="sys">${icon(entry.kind === "joined" ? "plug" : "x")}${t(`ch.${entry.kind}`, { who: who(entry.who) })}</p>`;
});

const who = ({ name, peer, own }) => (own ? t("ch.you") : (name ?? `nc ${peer.slice(peer.lastIndexOf(":"))}`));

function Message({ entry, before, raw, again }) {
  const { own, from, name } = entry;
  const author = from ? who({ ...from, own }) : own ? t("ch.you") : (name ?? t("ch.someone"));
  const same = before?.kind === "message" && before.own === own && before.name === name && before.from?.peer === from?.peer;
  const icon_ = (from ? from.name : name) ? "globe" : "term";
  return html`<article class="msg ${own ? "me" : ""} ${entry.pending ? "pend" : ""}">
    ${!same && html`<div class="by">${!own && icon(icon_)}<b>${author}</b><time>${clock(entry.at)}</time>
      ${!own && !from && html`<span class="unsure" title=${t("ch.unknown.why")}>${t("ch.unknown")}</span>`}</div>`}
    <div class="tx">${entry.body}</div>
    ${raw && html`<code class="raw">${hex(bytesOf(entry.text))} <b>0a</b></code>`}
    ${own && html`<${Receipt} entry=${entry} again=${again}/>`}</article>`;
}

function Receipt({ entry, again }) {
  if (entry.refused) return html`<span class="rc c-err">${icon("warn")}${errorText(entry.refused)}</span>`;
  if (entry.late || entry.unsent) {
    return html`<span class="rc c-err">${icon("warn")}${t(entry.late ? "ch.late" : "ch.unsure")}
      ${again && html`<${Button} kind="gh sm" icon="send" label=${t("ch.resend")} onClick=${again}/>`}</span>`;
  }
  return html`<span class="rc">${icon(entry.pending ? "clock" : "check")}${t(entry.pending ? "ch.pending" : "ch.echo")}</span>`;
}

function Composer({ room, connected, rules, mute, chat }) {
  const [text, setText] = useDraft(`chat.draft.${room.id}`, "");
  const size = wireBytes(room.name, text);
  const long = size > rules.bytes;
  const blank = isBlank(rules, text);
  const send = (event) => {
    event.preventDefault();
    if (mute || blank || long) return;
    if (chat.say(room.id, text)) setText("");
  };
  const off = mute || (!connected ? t("ch.off") : long ? t("ch.long") : "");
  return html`<form class="cmp" onSubmit=${send}><input class="inp" value=${text} autocomplete="off" aria-label=${t("ch.ph", { r: room.id })}
      placeholder=${t("ch.ph", { r: room.id })} aria-invalid=${long ? "true" : undefined} onInput=${(event) => setText(event.currentTarget.value)}/>
    <${Button} type="submit" kind="pri" icon="send" label=${t("ch.send")} off=${off} onClick=${send}/>
    <div class="hint"><span>${long ? html`<span class="c-err" role="alert">${t("ch.long")}</span>` : t(text && blank ? "ch.blank" : "ch.exit")}</span>
      <span>${t("ch.bytes", { a: text ? size : 0, b: nf(rules.bytes) })}</span></div></form>`;
}
