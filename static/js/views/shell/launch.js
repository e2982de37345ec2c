/* How a program of the user is started: the interpreter, the file, its arguments; read as a command. */
import { Toggle, html, icon, useEffect, useState } from "../../kit.js";
import { errorText } from "../../errors.js";
import { t } from "../../i18n.js";

let found = null; // the interpreters of this machine, asked for once a page

/* [{path, version}]; a program's own one is always among them. */
function usePythons(actions, server) {
  const [pythons, setPythons] = useState([]);
  useEffect(() => {
    found ??= actions.api("GET", "/api/programs").then(({ pythons: list }) => list, () => []);
    found.then(setPythons);
  }, []);
  const mine = { path: server.python, version: server.python_version };
  return !server.python || pythons.some(({ path }) => path === mine.path) ? pythons : [mine, ...pythons];
}

/* By its version; by its path as well where there are several of one. */
function label({ path, version }, pythons) {
  const same = pythons.filter((one) => one.version === version);
  return same.length > 1 ? `Python ${version} · ${path}` : `Python ${version}`;
}

/** The settings of the next start; a change counts from then on. */
export function Launch({ server, off, actions }) {
  const pythons = usePythons(actions, server);
  const [typed, setTyped] = useState(null);
  const [error, setError] = useState(null);
  const save = (settings) => actions.settings(server.name, settings).then(() => setError(null), (refusal) => setError(errorText(refusal)));
  const value = (event) => event.currentTarget.value;
  const keepArguments = async () => {
    if (typed !== null && typed !== server.arguments) await save({ arguments: typed });
    setTyped(null);
  };
  return html`<fieldset class="launch" disabled=${Boolean(off)}>
    <legend class="sr">${t("prog.launch")}</legend>
    <span class="mono muted cut folder" title=${server.folder}>${server.folder}</span>
    <span class="sel py"><select class="inp" aria-label=${t("prog.python")} title=${server.python} value=${server.python}
      onChange=${(event) => save({ python: value(event) })}>${pythons.map(
        (one) => html`<option key=${one.path} value=${one.path} title=${one.path}>${label(one, pythons)}</option>`,
      )}</select>${icon("downc")}</span>
    <code class="file">${server.title}</code>
    <input class="inp mono args" aria-label=${t("prog.args")} placeholder=${t("prog.args")} value=${typed ?? server.arguments} autocomplete="off"
      spellcheck=${false} aria-invalid=${error ? "true" : undefined} aria-describedby=${error ? "launch-error" : undefined}
      onInput=${(event) => setTyped(value(event))} onChange=${keepArguments}
      onKeyDown=${(event) => event.key === "Enter" && event.currentTarget.blur()}/>
    <${Toggle} label=${t("prog.onsave")} on=${Boolean(server.restart_on_save)} onChange=${(restart_on_save) => save({ restart_on_save })}/>
    ${error && html`<p class="err" role="alert" id="launch-error">${icon("warn")}<span>${error}</span></p>`}
  </fieldset>`;
}
