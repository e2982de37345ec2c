/* The blocks of the wire, the newest at the end: a call each. */
import { html, icon, pure, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../kit.js";
import { bytes as size, clock, dur, nf, t, thousandths } from "../../i18n.js";
import { notUtf8 } from "../../model/hex.js";
import { bytesOf, datagramPeer, hits, kindOf, newest, way } from "../../model/wire.js";
import { Text } from "./bytes.js";
import { Decoded } from "./wire_decoded.js";
import { HexRows } from "./hex_rows.js";
import { LineLink } from "./line_link.js";
import { range } from "./wire_selection.js";

/* Blocks that are drawn at first, and by how many more on demand: so many, with so many bytes. */
const PAGE = 200;
const PAGE_BYTES = 12_288;
/* Bytes of a block that are drawn at first. */
const SHOWN = 512;
const AT_END_PX = 24;

/* Follows the newest block while the reader stands at the end; holds all still when not. */
export function Blocks({ blocks, live, held, setHeld, empty, selection, ...rest }) {
  const box = useRef(null);
  const [pages, setPages] = useState(1);
  const drawn = useMemo(() => newest(blocks, PAGE * pages, PAGE_BYTES * pages, SHOWN), [blocks, pages]);
  const last = blocks.at(-1)?.key;
  const toEnd = () => box.current && (box.current.scrollTop = box.current.scrollHeight);
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    if (!held && scrollHeight - scrollTop - clientHeight > AT_END_PX) setHeld(live);
  };
  useLayoutEffect(() => {
    if (!held) toEnd();
  }, [last, blocks.length, held, rest.form]);
  useEffect(() => {
    if (!held) setPages(1);
  }, [held]);
  const waiting = held ? live.at(-1)?.n - (held.at(-1)?.n ?? 0) : 0;
  return html`<div class="blocks-w"><div class="blocks hx" tabindex="0" role="log" aria-live="off" aria-label=${t("wire.blocks")} ref=${box} onScroll=${onScroll}>
      ${!blocks.length && html`<div class="nothing">${empty}</div>`}
      ${blocks.length > drawn.length && html`<button type="button" class="btn sm more" onClick=${() => {
        setHeld(held ?? live);
        setPages(pages + 1);
      }}>${t("wire.earlier", { n: blocks.length - drawn.length })}</button>`}
      ${drawn.map((block) => html`<${Block} key=${block.key} block=${block} ...${rest}
        from=${selection?.block === block.key ? range(selection)[0] : -1} to_=${selection?.block === block.key ? range(selection)[1] : -1}/>`)}
    </div>
    ${waiting > 0 && html`<button type="button" class="btn sm fresh" onClick=${() => setHeld(null)}>${icon("din")}<span>${t("wire.new", { n: waiting })}</span></button>`}
  </div>`;
}

const Block = pure(function Block(props) {
  const [point] = props.block.points;
  if (point.gap) return html`<p class="gap">${t("wire.gap", { n: point.gap })}</p>`;
  const datagrams = props.datagrams.split(",").includes(String(point.stream));
  const kind = kindOf(point, datagrams);
  if (kind === "later") return html`<p class="later" data-block=${props.block.key}><${Later} points=${props.block.points} server=${props.server}/></p>`;
  return html`<article class="blk ${way(point) ?? "step"} is-${kind}" data-block=${props.block.key} data-n=${point.n}>
    <${Head} ...${props} point=${point} kind=${kind}/>
    ${kind === "bytes" ? html`<${Body} ...${props} point=${point}/>` : html`<p class="said">${icon(kind === "error" ? "warn" : "info")}${said(point, kind)}</p>`}
  </article>`;
});

/* Calls that came too early, in one quiet line. */
function Later({ points, server }) {
  const calls = [...new Set(points.map(({ call }) => `${call}()`))].join(", ");
  return html`${t("wire.later", { n: points.length, c: calls, e: points[0].error })} <time>${clock(points.at(-1).at)}</time> <${LineLink} server=${server} line=${points.at(-1).line}/>`;
}

function Head({ block, point, kind, server, to }) {
  const direction = way(point);
  const { points } = block;
  const peers = [...new Set(points.map((one) => datagramPeer(one)).filter(Boolean))];
  return html`<header>${direction && html`<b>${icon(direction === "in" ? "din" : "dout")}${t(`wire.${direction}`)}</b>`}
    <code>${point.call}()${points.length > 1 && ` ×${nf(points.length)}`}</code>
    <time>${clock(point.at)}${thousandths(point.at)}</time>
    ${kind === "bytes" && html`<span class="sz">${size(point.bytes)}</span>`}
    ${peers.length > 0 && html`<code>${peers.join(", ")}</code>`}
    <span title=${t("wire.waited.d")}>${t("wire.waited", { v: dur(Math.max(...points.map((one) => one.waited_us)) / 1000) })}</span>
    <a href=${to({ thread: point.thread })} title=${t("wire.thread.d")}>${point.thread}</a>
    <${LineLink} server=${server} line=${point.line} name=${point.function}/>
  </header>`;
}

function Body({ block, point, form, words, width, from, to_ }) {
  const [all, setAll] = useState(false);
  const data = bytesOf(point);
  const shown = all ? data : data.subarray(0, SHOWN);
  const bad = notUtf8(data);
  return html`${form === "hex" ? html`<${HexRows} data=${shown} width=${width} marks=${marks(shown, words, from, to_)}/>`
      : form === "text" ? html`<${Text} data=${shown}/>` : html`<${Decoded} data=${shown} bad=${bad}/>`}
    ${data.length > shown.length && html`<button type="button" class="btn sm more" onClick=${() => setAll(true)}>${t("wire.all", { n: data.length })}</button>`}
    ${data.length < point.bytes && html`<p class="cutnote">${icon("info")}${t(data.length ? "wire.cut" : "wire.nodata", { a: data.length, n: point.bytes })}</p>`}
    ${block.points.length > 1 && way(point) === "out" && html`<p class="cutnote">${icon("route")}${t("wire.fan", { n: block.points.length })}</p>`}`;
}

/* The first byte that is not UTF-8 is marked where most of the bytes are text. */
function marks(data, words, from, to) {
  const bad = notUtf8(data);
  return [
    ...(bad && !bad.half && looksLikeText(data) ? [{ from: bad.at, to: bad.at + 1, cls: "bad" }] : []),
    ...hits(data, words),
    ...(from >= 0 ? [{ from, to, cls: "pick" }] : []),
  ];
}

const looksLikeText = (data) => data.filter((byte) => byte >= 0x20 || byte === 10 || byte === 13 || byte === 9).length > data.length * 0.7;

function said(point, kind) {
  if (kind === "error") return html`<b>${point.error}</b>`;
  if (kind === "end" || kind === "gone") return t(`wire.${kind}`);
  if (kind === "empty") return t(way(point) === "in" ? "wire.empty" : "wire.empty.out");
  return point.result ?? t("wire.done");
}
