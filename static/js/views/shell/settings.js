/* Where a server that is not running will listen, and how it will serve its clients. */
import { Segmented, html, icon, useEffect, useState } from "../../kit.js";
import { errorText } from "../../errors.js";
import { t } from "../../i18n.js";
import { Expose } from "./expose.js";

/**
 * The settings of a card while they are edited. `options`: for a start to carry along;
 * `check()`: whether the port can be used, saying so beside the field when not.
 */
export function useSettings({ server, actions }) {
  const { settings } = server;
  const [port, setPort] = useState(String(settings.port ?? ""));
  const [error, setError] = useState(null);
  useEffect(() => setPort(String(settings.port ?? "")), [settings.port]);
  const number = /^\d{1,5}$/.test(port.trim()) ? Number(port) : NaN;
  const fixed = settings.port === undefined; // no port of it can be chosen
  const valid = fixed || (number >= 1 && number <= 65535);
  const check = () => {
    setError(valid ? null : t("set.port.bad"));
    return valid;
  };
  const save = async (change) => {
    try {
      await actions.settings(server.name, change);
      setError(null);
    } catch (refusal) {
      setError(errorText(refusal));
    }
  };
  const savePort = () => check() && number !== settings.port && save({ port: number });
  return { port, setPort, savePort, save, error, check, options: valid && !fixed ? { port: number } : {} };
}

export function Settings({ server, off, settings }) {
  const [asked, ask] = useState(null); // the open host that waits for a yes
  const { name, models, host_choices: hosts } = server;
  const { host, port, model } = server.settings;
  if (port === undefined && models.length < 2) return null;
  const known = hosts?.some((choice) => choice.host === host) ? hosts : [...(hosts ?? []), { host, label: host, warning: true }];
  const isOpen = (chosen) => known.find((choice) => choice.host === chosen)?.warning;
  const put = (chosen) => settings.save({ host: chosen });
  return html`<fieldset class="set" disabled=${Boolean(off)}>
    <legend>${t("c.willbind")}</legend>
    ${port !== undefined && html`<${WillBind} server=${server} known=${known} settings=${settings}
      choose=${(chosen) => (isOpen(chosen) ? ask(chosen) : put(chosen))}/>`}
    ${settings.error && html`<p class="err" role="alert" id=${`port-${name}`}>${icon("warn")}<span>${settings.error}</span></p>`}
    ${isOpen(host) && html`<p class="hint-w">${icon("warn")}<span>${t("set.host.open")}</span></p>`}
    ${models.length > 1 && html`<${Segmented} label=${t("set.model")} value=${model}
      items=${models.map((item) => [item, t(`m.${item}.s`)])} onChange=${(next) => settings.save({ model: next })}/>`}
  </fieldset>
  ${asked && html`<${Expose} server=${server} host=${asked} yes=${() => put(asked)} close=${() => ask(null)}/>`}`;
}

/* `choose`: gets the host that is picked. The field goes back to the one that holds, until that changes. */
function WillBind({ server, known, settings, choose }) {
  const { name } = server;
  const { host } = server.settings;
  const pick = (event) => {
    const chosen = event.currentTarget.value;
    event.currentTarget.value = host;
    choose(chosen);
  };
  return html`<div class="set-addr">
    <span class="sel"><select class="inp mono" aria-label=${t("set.host")} value=${host} onChange=${pick}>
      ${known.map((choice) => html`<option key=${choice.host} value=${choice.host}>${choice.label}</option>`)}
    </select>${icon("downc")}</span>
    <span aria-hidden="true">:</span>
    <input class="inp mono" inputmode="numeric" autocomplete="off" aria-label=${t("set.port")}
      value=${settings.port} aria-invalid=${settings.error ? "true" : undefined}
      aria-describedby=${settings.error ? `port-${name}` : undefined}
      onInput=${(event) => settings.setPort(event.currentTarget.value)} onChange=${settings.savePort}/>
  </div>`;
}
