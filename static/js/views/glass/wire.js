/* The wire: each call on a socket with the bytes that it brought or took away. */
import { Button, Search, Segmented, Toggle, html, icon, useDraft, useEffect, useMemo, useRef, useState } from "../../kit.js";
import { t } from "../../i18n.js";
import { href } from "../../model/routes.js";
import { bringer } from "../../model/crash.js";
import { running } from "../../model/selectors.js";
import { blocksOf, bytesOf, choosePoints, early, kept, unseen } from "../../model/wire.js";
import { Empty, NotRunning } from "../shell/not_running.js";
import { Experiments } from "./experiments.js";
import { byteUnder, useRowWidth } from "./hex_rows.js";
import { Again } from "./check_again.js";
import { Blocks } from "./wire_blocks.js";
import { Selection, moveBy } from "./wire_selection.js";
import { Streams } from "./wire_streams.js";

const NOTHING = [];
const FORMS = ["hex", "text", "decoded"];
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

export function Wire({ state, actions, name }) {
  const server = state.servers[name];
  const live = state.wire[name]?.points ?? NOTHING;
  const [held, setHeld] = useState(null);
  const [way, setWay] = useDraft("wire.way", "both");
  const [form, setForm] = useDraft("wire.form", "hex");
  const [words, setWords] = useDraft(`wire.words.${name}`, "");
  const [bytes, setBytes] = useDraft("wire.bytes", false);
  const { query } = state.route;
  const { stream, line, thread, peer } = query;
  useEffect(() => setHeld(null), [name, stream, line, thread, peer]);
  const points = held ?? live;
  const before = useRef(NOTHING);
  const shown = useMemo(
    () => choosePoints(points, { stream, line, thread, peer, way: way === "both" ? null : way, words, bytes }),
    [points, stream, line, thread, peer, way, words, bytes],
  );
  const blocks = useMemo(() => (before.current = kept(before.current, blocksOf(shown))), [shown]);
  const table = state.streams[name];
  const to = (changes) => href(server, "wire", given({ ...query, ...changes }));
  const bare = !running(server) && !live.length;
  const empty = bare ? html`<${Empty} state=${state} name=${name} sees=${t("see.wire")} actions=${actions}/>` : t(shown.length < points.length ? "wire.none.filter" : early(server, table) ? "wire.none.early" : wayIn(server));
  return html`<div class="stack">${!bare && html`<${NotRunning} state=${state} name=${name} actions=${actions}/>`}
    <${Again} check=${state.checks[name]} server=${server} actions=${actions}/>
    <${Experiments} state=${state} name=${name} actions=${actions}/>
    <section class="panel wire" aria-label=${t("tab.wire")}>
      <div class="toolbar">
        <${Segmented} label=${t("wire.way")} value=${way} onChange=${setWay}
          items=${[["both", t("wire.both")], ["in", t("wire.in"), "din"], ["out", t("wire.out"), "dout"]]}/>
        <${Segmented} label=${t("by.form")} value=${form} onChange=${setForm} items=${FORMS.map((one) => [one, t(`wire.${one}`)])}/>
        <${Toggle} label=${t("wire.bytes")} on=${bytes} onChange=${setBytes}/>
        <${Search} label=${t("wire.find")} value=${words} onInput=${setWords}/><span class="sp"></span>
        <${Button} icon=${held ? "play" : "pause"} label=${t(held ? "wire.resume" : "wire.pause")} title=${t("wire.pause.d")}
          onClick=${() => setHeld(held ? null : live)}/>
        <${Downloads} name=${name} stream=${stream}/></div>
      <${Filters} server=${server} query=${query} table=${table} to=${to}/>
      <div class="wire-g"><${Streams} server=${server} table=${table} points=${live} query=${query} to=${to}/>
        <${Pane} key=${`${name}/${stream}/${line}/${thread}/${peer}`} crash=${crashOf(server, query)} blocks=${blocks} form=${form} words=${words} server=${server} to=${to}
          table=${table} live=${live} held=${held} setHeld=${setHeld} empty=${empty}
          lang=${state.lang}/></div>
    </section></div>`;
}

const given = (query) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null && value !== undefined));

/* The crash that the address names, by its time. */
const crashOf = (server, { crash }) => (crash && server.crashes?.find(({ at }) => String(at) === crash)) || null;

/* The choices in the address, each with its way back. */
function Filters({ server, query, table, to }) {
  const names = ["stream", "peer", "line", "thread"].filter((name) => query[name]);
  if (!names.length) return null;
  const told = (name) =>
    name === "stream" ? (table?.streams.find(({ id }) => String(id) === query.stream)?.peer ?? `#${query.stream}`) : query[name];
  return html`<div class="toolbar filters" role="group" aria-label=${t("wire.only")}><span class="muted">${t("wire.only")}</span>
    ${names.map((name) => html`<a class="fchip" key=${name} href=${to(name === "stream" ? { stream: null, peer: null } : { [name]: null })}
      title=${t("wire.only.off")}>${t(`wire.by.${name}`)} <code>${told(name)}</code>${icon("x")}</a>`)}
    ${query.stream && server.own && html`<a class="btn sm" href=${href(server, "check", { stream: query.stream })} title=${t("chk.talk.d")}>${icon("flag")}<span>${t("chk.talk")}</span></a>`}</div>`;
}

function Downloads({ name, stream }) {
  const base = `/api/programs/${encodeURIComponent(name)}`;
  const link = (path, label) => html`<li><a href=${`${base}/${path}`} download>${icon("dl")}${label}</a></li>`;
  return html`<details class="menu"><summary class="btn ib" aria-label=${t("wire.dl")} title=${t("wire.dl")}>${icon("dl")}</summary>
    <ul>${link("wire.txt", t("wire.dl.txt"))}${link("wire.pcapng", t("wire.dl.pcapng"))}
      ${stream && link(`wire.raw?stream=${encodeURIComponent(stream)}&way=in`, t("wire.dl.in"))}
      ${stream && link(`wire.raw?stream=${encodeURIComponent(stream)}&way=out`, t("wire.dl.out"))}
      ${stream && link(`talk.json?stream=${encodeURIComponent(stream)}`, t("chk.talk.dl"))}
      ${!stream && html`<li class="muted">${t("wire.dl.raw")}</li>`}</ul></details>`;
}

/* The blocks with the selection of their bytes, and what it says. */
function Pane({ crash, blocks, form, words, server, to, table, live, held, setHeld, empty, lang }) {
  const box = useRef(null);
  const width = useRowWidth(box);
  const [selection, select] = useState(null);
  const drawing = useRef(false);
  useBringer(box, crash, blocks, (found) => {
    select(found);
    setHeld(held ?? live);
  });
  const chosen = selection && blocks.find(({ key }) => key === selection.block);
  const onPointerDown = (event) => {
    const place = event.button === 0 && byteUnder(event, width);
    drawing.current = Boolean(place);
    if (place) select({ block: place.block, anchor: event.shiftKey && selection?.block === place.block ? selection.anchor : place.at, head: place.at });
  };
  const onPointerMove = (event) => {
    const place = drawing.current && event.buttons & 1 && byteUnder(event, width);
    if (place && place.block === selection?.block && place.at !== selection.head) select({ ...selection, head: place.at });
  };
  const onKeyDown = (event) => {
    if (form !== "hex" || event.target !== event.currentTarget.querySelector(".blocks")) return;
    const next = event.key === "Escape" ? null : moved(event, selection, chosen, blocks, width);
    if (next === undefined) return;
    event.preventDefault();
    select(next);
  };
  const lost = unseen(live);
  return html`<div class="wire-p" ref=${box} onPointerDown=${onPointerDown} onPointerMove=${onPointerMove} onKeyDown=${onKeyDown}>
    <${Blocks} blocks=${blocks} form=${form} words=${words} width=${width} server=${server} to=${to} lang=${lang} live=${live} held=${held} setHeld=${setHeld}
      selection=${selection} datagrams=${datagramIds(table)} empty=${empty}/>
    ${form === "hex" && chosen && html`<${Selection} bytes=${bytesOf(chosen.points[0])} selection=${selection} clear=${() => select(null)}/>`}
    <p class="under">${t(onlyDatagrams(server, table) ? "wire.note.udp" : "wire.note")}${lost > 0 && html` <b>${t("wire.lost", { n: lost })}</b>`}</p></div>`;
}

/* Goes once to the block that brought the last bytes before a crash, and selects the byte to blame. */
function useBringer(box, crash, blocks, show) {
  const shown = useRef(null);
  useEffect(() => {
    if (!crash || shown.current === crash.at) return;
    const point = bringer(blocks.flatMap(({ points }) => points), crash);
    const block = point && blocks.find(({ points }) => points.includes(point));
    if (!block) return;
    shown.current = crash.at;
    show({ block: block.key, anchor: crash.bad ?? 0, head: crash.bad ?? Math.max(0, bytesOf(point).length - 1) });
    box.current.querySelector(`[data-block="${block.key}"]`)?.scrollIntoView({ block: "center" });
  }, [crash, blocks]);
}

/* How a first byte may come: what the program's page has for it. */
function wayIn({ tabs, experiment_kinds: kinds }) {
  if (tabs.some(({ name }) => name === "try")) return "wire.none";
  return Object.keys(kinds ?? {}).some((kind) => kind !== "freeze") ? "wire.none.clients" : "wire.none.own";
}

const datagramIds = (table) => table?.streams.filter(({ kind }) => kind === "datagram").map(({ id }) => id).join() ?? "";

const onlyDatagrams = ({ transport }, table) =>
  table?.streams.length ? table.streams.every(({ kind }) => kind === "datagram") : transport === "udp";

/* The selection that a key leads to; undefined where the key is not ours. */
function moved({ key, shiftKey }, selection, chosen, blocks, width) {
  if (!selection) {
    const last = key === "Enter" && blocks.findLast(({ points }) => points[0].data);
    return last ? { block: last.key, anchor: 0, head: 0 } : undefined;
  }
  const by = STEPS[key] ?? { ArrowUp: -width, ArrowDown: width }[key];
  return by && chosen ? moveBy(selection, by, bytesOf(chosen.points[0]).length, shiftKey) : undefined;
}
