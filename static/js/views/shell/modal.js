/* A modal dialog with a title and a way out. */
import { IconButton, html, useEffect, useRef } from "../../kit.js";
import { t } from "../../i18n.js";

/** The browser keeps the focus inside an open modal and gives it back to its opener. */
export function Modal({ id, title, close, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    element.showModal();
    return () => element.close();
  }, []);
  const outside = (event) => event.target === dialog.current && close();
  return html`<dialog class="dlg" ref=${dialog} aria-labelledby=${id} onClose=${close} onClick=${outside}>
    <div class="pn-h"><h2 id=${id}>${title}</h2>
      <span class="r"><${IconButton} kind="gh sm" icon="x" label=${t("k.esc")} onClick=${close}/></span></div>
    ${children}
  </dialog>`;
}
