/* The name by which the dashboard knows this tab: a hold ends with the tab that asked for it. */
import { kept } from "./prefs.js";

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

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
  const id = hex(crypto.getRandomValues(new Uint8Array(8)));
  try {
    sessionStorage.setItem("sl.tab", id);
  } catch {
    // It holds for this page.
  }
  return id;
}

/** How others read who holds a program: the nickname of this browser, else part of the tab's id. */
export const controller = () => kept("nick") ?? `tab ${TAB.slice(0, 4)}`;
