/* The token of this page: the dashboard gives it to visitors on its own machine, a link to the others. */

import { unescaped } from "../base.js";

const KEY = "sl.token";
const IN_LINK = /^#token=([\x21-\x7e]+)$/;
const meta = () => document.querySelector('meta[name="lab-token"]');
let linked = remembered();

/** The token that unsafe calls and first frames carry; empty for a visitor who has none. */
export const token = () => meta().content || linked;

/** Whether the dashboard itself has given it. */
export const given = () => Boolean(meta().content);

/** Take over what a newer page of the dashboard has brought. */
export const renew = (content) => {
  meta().content = content;
};

/** Take the token out of the address, where it would be seen and kept; true when there was one. */
export function takeLink() {
  const found = IN_LINK.exec(location.hash);
  if (!found) return false;
  history.replaceState(history.state, "", location.pathname + location.search);
  remember(unescaped(found[1]));
  return true;
}

/** The dashboard does not know the token of the link any more. */
export const forget = () => remember("");

function remember(text) {
  linked = text;
  try {
    sessionStorage.setItem(KEY, text);
  } catch {
    // It holds for this page.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // storage is blocked
  }
}
