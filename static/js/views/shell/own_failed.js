/* A program of the user that has ended badly: the way out that fits the reason, on its card and on its page. */
import { Button, html, icon } from "../../kit.js";
import { t } from "../../i18n.js";
import { href } from "../../model/routes.js";
import { Cause } from "./cause.js";
import { Countdown } from "./clocks.js";
import { reason } from "./reasons.js";

/** The primary button: start it again, by another Python where that one reads the file. */
export function Again({ server, busy, off, actions, kind = "" }) {
  const offered = server.failure?.python_offered;
  const start = async () => {
    if (offered) await actions.settings(server.name, { python: offered.path }).catch(actions.fail);
    actions.start(server.name);
  };
  const label = offered ? t("prog.again.py", { v: offered.version }) : t("prog.again");
  return html`<${Button} kind=${`pri ${kind}`} icon="restart" label=${label} busy=${Boolean(busy)} off=${off} onClick=${start}/>`;
}

/** The cause, the wait where the kernel keeps the port, and a way to the line. */
export function Reason({ server, skew_s }) {
  const { free_at: until, line } = server.failure ?? {};
  return html`<p><${Cause} server=${server}/></p>
    ${until && html`<${Countdown} until=${until} skew_s=${skew_s} text=${(s) => t(s ? "prog.kept.left" : "prog.kept.over", { s })} label=${t("prog.kept")}/>`}
    ${line && html`<p><a href=${href(server, "code", { line })}>${t("prog.atline", { l: line })}</a></p>`}`;
}

/** Said above every tab of a program whose end no crash story tells. */
export function Trouble({ state, server, actions }) {
  const told = server.failure?.reason === "exited" && server.crashes?.some(({ main }) => main);
  if (!server.own || server.state !== "FAILED" || told) return null;
  return html`<div class="notice bad trouble" role="alert">${icon("warn")}<div class="why"><${Reason} server=${server} skew_s=${state.skew_s}/></div>
    <span class="r"><${Again} server=${server} busy=${state.busy[server.name]} off=${reason(state, "start")} actions=${actions} kind="sm"/></span></div>`;
}
