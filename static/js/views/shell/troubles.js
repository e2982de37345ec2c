/* The troubles of the dashboard itself, on every page until they are over or put away. */
import { IconButton, html, icon, pure, useState } from "../../kit.js";
import { has, t } from "../../i18n.js";

const nameOf = ({ code, about, at }) => `${code} ${about} ${at}`;

/* One that comes again is another one. */
export const Troubles = pure(function Troubles({ troubles }) {
  const [away, setAway] = useState([]);
  return troubles.filter((trouble) => !away.includes(nameOf(trouble))).map((trouble) => {
    const name = nameOf(trouble);
    return html`<${Trouble} key=${name} trouble=${trouble} putAway=${() => setAway([...away, name])}/>`;
  });
});

function Trouble({ trouble: { code, about, why }, putAway }) {
  const key = `trouble.${code}`;
  return html`<div class="notice warn" data-trouble=${code}>${icon("warn")}
    <span role="status">${has(key) ? t(key, { n: about, w: why }) : why}</span>
    <span class="r"><${IconButton} kind="sm" icon="x" label=${t("trouble.away")} onClick=${putAway}/></span></div>`;
}
