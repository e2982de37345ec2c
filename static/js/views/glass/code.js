/* The running source: how often each line calls, how much it moves, how long it waits, and what stands there. */
import { html, icon, useDraft, useEffect, useMemo, useState } from "../../kit.js";
import { errorText } from "../../errors.js";
import { t } from "../../i18n.js";
import { annotated, fileOf, placeOf } from "../../model/code.js";
import { breakpoints, toggled } from "../../model/hold.js";
import { colouredLines } from "../../model/source.js";
import { holdable, offKey, paused, running } from "../../model/selectors.js";
import { NotRunning } from "../shell/not_running.js";
import { Aside } from "./code_aside.js";
import { Lines } from "./code_lines.js";

const NOTHING = [];

export function Code({ state, actions, name }) {
  const server = state.servers[name];
  const wanted = placeOf(state.route.query.line);
  const [chosen, choose] = useDraft(`code.file.${name}`, null);
  const source = useSource(actions, server, wanted, chosen);
  useEffect(() => {
    if (wanted && source.files) choose(fileOf(source.files, wanted)); // a link names another file than the one chosen before
  }, [state.route.query.line, source.files]);
  const points = server.held?.paused ? server.held.points : NOTHING;
  const { lines: stops } = breakpoints(server);
  const code = state.code[name];
  const rows = useMemo(() => (source.lines ? annotated(source, code, points, stops) : NOTHING), [source, code, points, stops]);
  const pieces = useMemo(() => colouredLines(source.lines ?? NOTHING), [source]);
  const off = offKey(state, "change") ?? (holdable(server) ? null : "off.notrunning");
  const hold = (body) => actions.hold(name, body).catch(actions.fail);
  return html`<div class="stack">${!server.own && html`<${NotRunning} state=${state} name=${name} actions=${actions}/>`}
    <div class="g-code"><section class="panel code" aria-labelledby="code-h">
      <${Heading} source=${source} choose=${choose} server=${server}/>
      ${source.error && html`<p class="nothing">${source.error}</p>`}
      <${Lines} key=${source.file} rows=${rows} pieces=${pieces} server=${server} wanted=${wanted?.n} off=${off && t(off)} paused=${paused(server)}
        toggle=${(line) => hold({ action: "break", ...toggled(breakpoints(server), "lines", line) })}
        runTo=${(line) => hold({ action: "step", until: line })}/></section>
      <${Aside} server=${server} code=${code} points=${points}/></div></div>`;
}

/* The text of the file that is shown: {file, files, lines} or {error}; read anew for each process. */
function useSource(actions, server, wanted, chosen) {
  const [source, setSource] = useState({});
  const file = chosen ?? "";
  useEffect(() => {
    let late = false;
    const query = file ? `?file=${encodeURIComponent(file)}` : "";
    actions.api("GET", `/api/programs/${server.name}/source${query}`).then(
      (found) => late || setSource(found),
      (error) => late || setSource({ error: errorText(error) }),
    );
    return () => {
      late = true;
    };
  }, [server.name, file, server.generation]);
  return source;
}

const Heading = ({ source, choose, server }) =>
  html`<div class="pn-h"><h2 id="code-h" class=${source.files?.length > 1 ? "sr" : "mono"}>${source.file ?? server.title}</h2>
    ${source.files?.length > 1 && html`<span class="sel"><select class="inp mono" aria-label=${t("code.file")} value=${source.file}
      onChange=${(event) => choose(event.currentTarget.value)}>${source.files.map((file) => html`<option key=${file} value=${file}>${file}</option>`)}</select>${icon("downc")}</span>`}
    <span class="r small">${server.changed_on_disk && running(server) ? html`<span class="stale">${icon("warn")}${t("code.stale")}</span>` : t("code.legend")}</span></div>`;
