/* The terminal of a program, and another program's beside it: a client and its server in one window. */
import { html, icon, useDraft } from "../../kit.js";
import { t } from "../../i18n.js";
import { list } from "../../model/selectors.js";
import { Terminal } from "./terminal.js";

const has = (server, capability) => server?.tabs.some(({ name }) => name === capability);

export function Console({ state, actions, name }) {
  const [beside, setBeside] = useDraft(`console.beside.${name}`, "");
  const other = beside !== name && has(state.servers[beside], "console") ? beside : null;
  const choose = async (id) => {
    if (id && !state.servers[id]) await actions.openFile(id);
    setBeside(id);
  };
  return html`<div class="consoles ${other ? "two" : ""}">
    <${Terminal} key=${name} state=${state} name=${name} actions=${actions}>
      <${Beside} state=${state} name=${name} value=${other ?? ""} choose=${choose}/><//>
    ${other && html`<${Terminal} key=${other} state=${state} name=${other} actions=${actions} guest/>`}</div>`;
}

/* Programs that have a terminal; then files of the same folder that were never started. */
function Beside({ state, name, value, choose }) {
  const others = list(state).filter((server) => server.name !== name && has(server, "console"));
  const { folder } = state.servers[name];
  const files = state.files.filter((file) => file.folder === folder && !state.servers[file.id]);
  if (!others.length && !files.length) return null;
  return html`<label class="beside"><span>${t("con.beside")}</span><span class="sel"><select class="inp" value=${value}
    onChange=${(event) => choose(event.currentTarget.value)}><option value="">${t("con.beside.none")}</option>
    ${others.map((server) => html`<option key=${server.name} value=${server.name}>${server.title}</option>`)}
    ${files.map(({ id, title }) => html`<option key=${id} value=${id}>${title}</option>`)}</select>${icon("downc")}</span></label>`;
}
