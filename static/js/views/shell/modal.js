/* A modal dialog with a title and a way out. */
import { IconButton, html, useEffect, useRef } from "../../kit.js";
import { t } from "../../i18n.js";

/**
 * The browser keeps the focus inside an open modal and gives it back to its opener. It tells of a
 * close in a task of its own: by then another modal may be open, which that close is not meant for.
 */
export function Modal({ id, title, close, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    element.showModal();
    element.addEventListener("close", close);
    return () => {
      element.removeEventListener("close", close);
      element.close();
    };
  }, []);
  const outside = (event) => event.target === dialog.current && close();
  return html`<dialog class="dlg" ref=${dialog} aria-labelledby=${id} onClick=${outside}>
    <div class="pn-h"><h2 id=${id}>${title}</h2>
      <span class="r"><${IconButton} kind="gh sm" icon="x" label=${t("k.esc")} onClick=${close}/></span></div>
    ${children}
  </dialog>`;
}
