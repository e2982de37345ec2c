/* A view whose module is loaded when it is first looked at. */
import { html, icon, useEffect, useState } from "../../kit.js";
import { t } from "../../i18n.js";

const loaded = new Map();

/** Show the component that `load()` promises. Other properties go to it. */
export function Lazy({ load, ...props }) {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (loaded.has(load)) return;
    load().then(
      (View) => loaded.set(load, View),
      () => loaded.set(load, Broken),
    ).finally(() => redraw((n) => n + 1));
  }, [load]);
  const View = loaded.get(load);
  return View ? html`<${View} ...${props}/>` : null;
}

const Broken = () =>
  html`<div class="notice bad" role="alert">${icon("warn")}<span>${t("err.module")}</span></div>`;
