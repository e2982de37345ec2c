/* The chat: up to two rooms side by side, each a connection of its own to the raw port. */
import { Button, CommandLine, Segmented, html, icon, useDraft, useEffect, useRef, useState } from "../../kit.js";
import { nf, t } from "../../i18n.js";
import { kept, keep } from "../../io/prefs.js";
import { nameProblem, roomProblem, trimmed } from "../../model/chat.js";
import { inUse } from "../../model/rooms.js";
import { address, running } from "../../model/selectors.js";
import { Room } from "./chat_room.js";
import { NotRunning } from "../shell/not_running.js";
import { reason } from "../shell/reasons.js";

const SIDE_BY_SIDE = 2;
const MOST_USED = 6;

export function Chat({ state, actions }) {
  const server = state.servers.chat;
  const up = running(server);
  useEffect(() => up && actions.chat.serverIsUp(), [up, server.generation]);
  const { open: rooms, refused } = state.chat;
  const [shown, show] = useDraft("chat.shown", rooms[0]?.id ?? "");
  const first = rooms.some(({ id }) => id === shown) ? shown : rooms[0]?.id;
  return html`<div class="stack"><${NotRunning} state=${state} name="chat" actions=${actions}/>
    <${Entrance} server=${server} up=${up} rooms=${rooms} show=${show} refused=${refused}
      used=${up ? inUse(state.rules, server.figures?.rooms, state.chat) : []} rules=${state.rules} chat=${actions.chat}/>
    ${rooms.length > 1 && html`<div class="roomtabs"><${Segmented} label=${t("ch.room")} value=${first} onChange=${show}
      items=${rooms.map(({ id }) => [id, `${t("ch.room")} ${id}`])}/></div>`}
    ${rooms.length
      ? html`<div class="rooms ${rooms.length === 1 ? "one" : ""}">${rooms.map(
          (room) => html`<${Room} key=${room.id} room=${room} second=${room.id !== first} up=${up} port=${server.port}
            rules=${state.rules} mute=${reason(state, "change")} lang=${state.lang} chat=${actions.chat}/>`,
        )}</div>`
      : html`<section class="panel"><p class="nothing">${t("ch.sub", { p: String(server.port) })}<br/>${t("ch.begin")}</p></section>`}
  </div>`;
}

function Entrance({ server, up, rooms, show, refused, used, rules, chat }) {
  const [name, setName] = useDraft("chat.name", kept("nick") ?? "");
  const [id, setId] = useDraft("chat.room", "");
  const [asked, ask] = useState(false);
  const nick = useRef(null);
  const refusedRoom = !id && refused?.field === "room" ? "ch.room.bad" : null;
  const refusedName = refused?.field === "name" ? "ch.nick.bad" : null;
  const roomError = id || asked ? roomProblem(rules, id) : refusedRoom;
  const nameError = (asked ? nameProblem(rules, name) : null) ?? refusedName;
  const full = rooms.length >= SIDE_BY_SIDE;
  const problem = roomError ?? nameError;
  const off = !up ? t("off.notrunning") : full ? t("ch.full") : roomError && id ? t(roomError, { c: id }) : "";
  const enter = (room) => {
    setId(room);
    ask(true);
    if (nameProblem(rules, name)) nick.current.focus();
    if (roomProblem(rules, room) || nameProblem(rules, name)) return;
    keep("nick", trimmed(rules, name));
    chat.enter(room, trimmed(rules, name));
    show(room);
    setId("");
    ask(false);
  };
  const submit = (event) => {
    event.preventDefault();
    if (off) ask(true);
    else enter(id);
  };
  return html`<form class="ctlbar chatbar" onSubmit=${submit}>
    <div class="grp"><label class="lbl" for="nk">${t("ch.nick")}</label><input id="nk" class="inp nick" ref=${nick} value=${name}
      autocomplete="off" aria-invalid=${nameError ? "true" : undefined} aria-describedby="rme" onInput=${(event) => setName(event.currentTarget.value)}/></div>
    <div class="grp"><label class="lbl" for="rm">${t("ch.room")}</label><input id="rm" class="inp mono roomid" value=${id} maxlength="8"
      autocomplete="off" aria-invalid=${roomError ? "true" : undefined} aria-describedby="rme" onInput=${(event) => setId(event.currentTarget.value)}/>
      <${Button} type="submit" icon="plus" label=${t("ch.join")} off=${off} onClick=${submit}/></div>
    <${Used} used=${used} full=${full} enter=${enter}/>
    <span id="rme" class="c-err chat-err" role="alert">${problem && html`${icon("warn")}<span>${t(problem, { c: id })}</span>`}</span>
    <span class="sp"></span>
    <div class="grp"><${CommandLine} text=${`nc ${address(server.host, server.port).replace(/:(\d+)$/, " $1")}`}/></div></form>`;
}

/* Rooms where somebody is already: a press joins. */
const Used = ({ used, full, enter }) =>
  used.length > 0 && html`<ul class="chips used" aria-label=${t("ch.used")}>${used.slice(0, MOST_USED).map(
    ([id, people]) => html`<li key=${id}><button type="button" class="fchip" aria-label=${t("ch.join.r", { r: id, n: people })} title=${full ? t("ch.full") : t("ch.join.r", { r: id, n: people })}
      aria-disabled=${full ? "true" : undefined} onClick=${() => !full && enter(id)}><code>${id}</code>${icon("user")}<small>${nf(people)}</small></button></li>`,
  )}</ul>`;
