/* A view whose module is loaded when it is first looked at. */
import { html, icon, useEffect, useState } from "../kit.js";
import { t } from "../i18n.js";

const loaded = new Map();

/** Show the component that `load()` promises; `name` identifies it. Other properties go to it. */
export function Lazy({ name, load, ...props }) {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (loaded.has(name)) return;
    load().then(
      (View) => loaded.set(name, View),
      () => loaded.set(name, Broken),
    ).finally(() => redraw((n) => n + 1));
  }, [name]);
  const View = loaded.get(name);
  return View ? html`<${View} ...${props}/>` : null;
}

const Broken = () =>
  html`<div class="notice bad" role="alert">${icon("warn")}<span>${t("err.module")}</span></div>`;
