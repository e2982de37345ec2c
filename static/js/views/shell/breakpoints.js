/* Where a program pauses by itself: lines, calls, clients, exceptions. */
import { IconButton, Toggle, html, icon, useEffect, useRef, useState } from "../../kit.js";
import { nf, t } from "../../i18n.js";
import { breakpointCount, breakpoints, toggled } from "../../model/hold.js";
import { href } from "../../model/routes.js";

const CALLS = ["accept", "recv", "send", "sendto", "recvfrom", "close"];

/** A chip with their number that opens the list. `set(all)` asks for all of them anew. */
export function Breakpoints({ server, off, set }) {
  const all = breakpoints(server);
  const box = useRef(null);
  useEffect(() => closedFromOutside(box.current), []);
  const flip = (kind, value) => !off && set(toggled(all, kind, value));
  return html`<details class="brk" ref=${box}><summary class="btn">${icon("flag")}<span>${t("hold.brk")}</span><b>${nf(breakpointCount(all))}</b></summary>
    <div class="panel pop"><p class="muted">${t("hold.brk.s")}</p>
      ${all.lines.length > 0 && html`<ul>${all.lines.map((line) => html`<li key=${line}><a class="mono" href=${href(server, "code", { line })}>${line}</a>
        <${IconButton} kind="gh sm" icon="x" label=${t("hold.brk.remove", { v: line })} off=${off} onClick=${() => flip("lines", line)}/></li>`)}</ul>`}
      <div class="chips" role="group" aria-label=${t("hold.brk.calls")}>${CALLS.map((call) => html`<button type="button" class="fchip" key=${call}
        aria-pressed=${String(all.calls.includes(call))} aria-disabled=${off ? "true" : undefined} onClick=${() => flip("calls", call)}>${call}()</button>`)}</div>
      <${Clients} clients=${all.clients} off=${off} flip=${(client) => flip("clients", client)}/>
      <${Toggle} label=${t("hold.brk.exceptions")} on=${all.exceptions} onChange=${(exceptions) => !off && set({ ...all, exceptions })}/>
    </div></details>`;
}

/* As a menu: a click elsewhere or Escape closes it. */
function closedFromOutside(box) {
  const onPointer = ({ target }) => box.contains(target) || (box.open = false);
  const onKey = ({ key }) => {
    if (key !== "Escape" || !box.open) return;
    box.open = false;
    box.querySelector("summary").focus();
  };
  document.addEventListener("pointerdown", onPointer);
  document.addEventListener("keydown", onKey);
  return () => {
    document.removeEventListener("pointerdown", onPointer);
    document.removeEventListener("keydown", onKey);
  };
}

function Clients({ clients, off, flip }) {
  const [typed, setTyped] = useState("");
  const add = (event) => {
    event.preventDefault();
    if (typed.trim()) flip(typed.trim());
    setTyped("");
  };
  return html`<form class="line" onSubmit=${add}><label class="fld grow"><span>${t("hold.brk.client")}</span>
      <input class="inp mono" placeholder="127.0.0.1:53122" value=${typed} disabled=${Boolean(off)} onInput=${(event) => setTyped(event.currentTarget.value)}/></label></form>
    ${clients.length > 0 && html`<ul>${clients.map((client) => html`<li key=${client}><code>${client}</code>
      <${IconButton} kind="gh sm" icon="x" label=${t("hold.brk.remove", { v: client })} off=${off} onClick=${() => flip(client)}/></li>`)}</ul>`}`;
}
