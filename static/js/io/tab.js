/* The name by which the dashboard knows this tab: a hold ends with the tab that asked for it. */
import { hex } from "../model/hex.js";
import { kept } from "./prefs.js";

/** A random id; a page that is loaded anew in the same tab keeps it. */
export const TAB = remembered() ?? fresh();

function remembered() {
  try {
    return sessionStorage.getItem("sl.tab");
  } catch {
    return null; // storage is blocked
  }
}

function fresh() {
  const id = hex(crypto.getRandomValues(new Uint8Array(8))).replaceAll(" ", "");
  try {
    sessionStorage.setItem("sl.tab", id);
  } catch {
    // It holds for this page.
  }
  return id;
}

/** The name of this controller as others read it: the nickname of this browser, else part of the tab's id. */
export const controller = () => kept("nick") ?? `tab ${TAB.slice(0, 4)}`;
