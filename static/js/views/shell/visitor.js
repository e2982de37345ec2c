/* Said above every page to a visitor who may not do everything; and for the owner, the way for others. */
import { Button, CopyButton, html, icon } from "../../kit.js";
import { t } from "../../i18n.js";
import { token } from "../../io/token.js";
import { may } from "../../model/selectors.js";
import { Modal } from "./modal.js";

/** The calm line of a visitor from another machine. */
export function Visitor({ state }) {
  if (state.visitor.home || may(state, "start")) return null;
  const key = may(state, "change") ? "watch.change" : "watch.look";
  return html`<div class="notice visitor" role="status">${icon("eye")}<span><strong>${t(key)}</strong> ${t(`${key}.s`)}</span></div>`;
}

/** The owner's button, where others can open the dashboard. */
export function Watched({ visitor, actions }) {
  if (!visitor.addresses.length) return null;
  return html`<${Button} kind="gh" icon="eye" label=${t("watch.open")} title=${t("watch.open.d")} onClick=${() => actions.dialog("watch")}/>`;
}

/* The token is copied, not shown: a dashboard is often on a projector. */
export const WatchDialog = ({ visitor, close }) =>
  html`<${Modal} id="dlg-watch" title=${t("watch.h")} close=${close}>
    <div class="pn-b stack"><p class="soft">${t("watch.p")}</p>
      ${visitor.addresses.map((address) => html`<${Copied} key=${address} shown=${address} text=${address}/>`)}
      <p class="soft">${t("watch.link.p")}</p>
      ${visitor.addresses.map((address) => html`<${Copied} key=${address} shown=${`${address}/#token=…`} text=${`${address}/#token=${encodeURIComponent(token())}`}/>`)}</div>
  <//>`;

const Copied = ({ shown, text }) => html`<div class="cmd"><code>${shown}</code><${CopyButton} text=${text} kind=""/></div>`;
