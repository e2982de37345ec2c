/* The sockets of a program, each a link to its own bytes. */
import { Search, glyph, html, icon, useDraft, useEffect, useMemo, useRef, useState } from "../../kit.js";
import { bytes, nf, t } from "../../i18n.js";
import { visible } from "../../model/logs.js";
import { running } from "../../model/selectors.js";
import { chooseStreams, early, peersOf } from "../../model/wire.js";

const NO_STREAMS = [];
/* From this many on only those in sight are drawn, and words may choose. */
const VIRTUAL_FROM = 200;
const SEARCH_FROM = 12;
const ROW_REM = 3;

export function Streams({ server, table, points, query, to }) {
  const [words, setWords] = useDraft("wire.streams", "");
  const all = table?.streams ?? NO_STREAMS;
  const streams = useMemo(() => chooseStreams(all, words), [all, words]);
  const total = table?.total ?? 0;
  const before = running(server) ? early(server, table) : 0;
  return html`<nav class="streams" aria-label=${t("wire.streams")}>
    <h2>${t("wire.streams")} ${(total > 0 || !before) && html`<span class="muted">${nf(total)}</span>`}</h2>
    ${(all.length >= SEARCH_FROM || words) && html`<${Search} label=${t("wire.streams.find")} value=${words} onInput=${setWords}/>`}
    <a class="all" href=${to({ stream: null, peer: null })} aria-current=${query.stream ? undefined : "true"}>${t("wire.streams.all")}</a>
    ${streams.length > 0 && html`<${Rows} streams=${streams} points=${points} query=${query} to=${to}/>`}
    ${!streams.length && html`<p class="muted none">${words ? t("wire.streams.none.find") : before ? t("wire.early", { n: before }) : t("wire.streams.none")}</p>`}
    ${streams.length > 0 && before > 0 && html`<p class="muted none">${t("wire.early.some")}</p>`}
    ${total > all.length && html`<p class="muted none">${t("wire.streams.more", { a: all.length, n: total })}</p>`}</nav>`;
}

function Rows({ streams, points, query, to }) {
  const box = useRef(null);
  const [at, setAt] = useState({ top: 0, view: 600 });
  const virtual = streams.length >= VIRTUAL_FROM;
  const height = ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const [from, end] = virtual ? visible({ count: streams.length, height, ...at }) : [0, streams.length];
  const measure = () => box.current && setAt({ top: box.current.scrollTop, view: box.current.clientHeight });
  useEffect(() => {
    const watch = new ResizeObserver(measure);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return html`<div class="rows" ref=${box} onScroll=${measure}><ul style=${virtual
    ? { paddingTop: `${from * height}px`, paddingBottom: `${(streams.length - end) * height}px` } : {}}>
    ${streams.slice(from, end).map((stream) => html`<${Row} key=${stream.id} stream=${stream} points=${points} query=${query} to=${to}/>`)}</ul></div>`;
}

function Row({ stream, points, query, to }) {
  const here = query.stream === String(stream.id);
  return html`<li><a href=${to({ stream: stream.id, peer: null })} aria-current=${here && !query.peer ? "true" : undefined} title=${titleOf(stream)}>
      <${Sign} stream=${stream}/><code>${stream.peer ?? stream.local ?? `fd ${stream.fd}`}</code>
      <span class="io">${stream.state === "listening" ? t("wire.listens") : html`<span class="c-in">${t("wire.n.in", { v: bytes(stream.bytes_in) })}</span>
        <span class="c-out">${t("wire.n.out", { v: bytes(stream.bytes_out) })}</span>`}</span></a>
    ${here && stream.kind === "datagram" && html`<${Peers} stream=${stream} points=${points} query=${query} to=${to}/>`}</li>`;
}

const titleOf = ({ fd, local, peer, state, lost }) =>
  [`fd ${fd}`, local, peer && `← ${peer}`, t(`wire.st.${state}`), lost > 0 && t("wire.lost", { n: lost })].filter(Boolean).join(" · ");

function Sign({ stream }) {
  if (stream.state === "listening") return icon("ear", "c-in");
  return html`<span class="sg">${glyph(stream.state === "closed" ? "stopped" : "running")}<span class="sr">${t(`wire.st.${stream.state}`)}</span></span>`;
}

/* Those who have sent a datagram, or got one, as far as the points are here. */
const Peers = ({ stream, points, query, to }) =>
  html`<ul class="peers">${peersOf(points, stream.id).slice(0, VIRTUAL_FROM).map((one) => html`<li key=${one.peer}>
    <a href=${to({ stream: stream.id, peer: one.peer })} aria-current=${query.peer === one.peer ? "true" : undefined}><code>${one.peer}</code>
      <span class="io"><span class="c-in">${bytes(one.in)}</span> <span class="c-out">${bytes(one.out)}</span></span></a></li>`)}</ul>`;
