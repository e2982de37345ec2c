/* The lessons: each cause that a check can find, explained, with the picture of what a program did. */
import { Button, html, icon, useEffect, useState } from "../../kit.js";
import { errorText } from "../../errors.js";
import { t } from "../../i18n.js";
import { href } from "../../model/routes.js";
import { Evidence, SIGNS, prose } from "../glass/check_finding.js";
import { LineLink } from "../glass/line_link.js";
import { reason } from "./reasons.js";

const LEVELS = Object.keys(SIGNS);

/** All of them, the gravest first. */
export function Lessons({ state, actions }) {
  const found = useAnswer(actions, `/api/lessons?lang=${state.lang}`);
  return html`<div class="ph"><div class="tx"><h1>${t("les.h")}</h1><p>${t("les.sub")}</p></div></div>
    <${Loaded} found=${found}>${({ lessons }) => html`<div class="stack lesson">${LEVELS.map(
      (level) => html`<${Group} key=${level} level=${level} lessons=${lessons.filter((one) => one.level === level)}/>`)}</div>`}<//>`;
}

const Group = ({ level, lessons }) =>
  html`<section class="panel" aria-labelledby=${`les-${level}`}><div class="pn-h"><h2 id=${`les-${level}`}>${t(`les.${level}`)}</h2></div>
    <ul class="pn-b lessons">${lessons.map(
      ({ id, title }) => html`<li key=${id} class=${level}><a href=${`/lessons/${id}`}>${icon(SIGNS[level])}<span>${prose(title)}</span></a></li>`)}</ul></section>`;

/** One of them: state.route.lesson, as found in state.route.query.program. */
export function Lesson({ state, actions }) {
  const { lesson, query } = state.route;
  const program = query.program ? `&program=${encodeURIComponent(query.program)}` : "";
  const found = useAnswer(actions, `/api/lessons/${encodeURIComponent(lesson)}?lang=${state.lang}${program}`);
  return html`<${Loaded} found=${found}>${(said) => html`<${Body} said=${said} state=${state} actions=${actions}/>`}<//>
    <p><a class="btn" href="/lessons">${icon("list")}<span>${t("les.all")}</span></a></p>`;
}

function Body({ said, state, actions }) {
  return html`<div class="ph"><div class="tx"><h1>${prose(said.title)}</h1><p>${prose(said.why)}</p></div></div>
    <div class="stack lesson"><section class="panel"><div class="pn-b text">${said.lesson.split("\n\n").map((part, index) => html`<p key=${index}>${prose(part)}</p>`)}
      <p><b>${t("chk.next")}</b> ${prose(said.next_step)}</p></div></section>
      ${said.found ? html`<${Seen} found=${said.found} state=${state} actions=${actions}/>` : html`<p class="muted">${t("les.none")}</p>`}</div>`;
}

/* The evidence of a program, and the button that shows it again. */
function Seen({ found: { program, title, finding }, state, actions }) {
  const [busy, setBusy] = useState(false);
  const server = state.servers[program];
  const again = async () => {
    setBusy(true);
    const begun = await actions.checkAgain(program, finding.again);
    setBusy(false);
    if (begun) actions.navigate(href(server, "wire"));
  };
  return html`<section class="panel" aria-labelledby="seen-h"><div class="pn-h"><h2 id="seen-h">${t("les.in", { s: title })}</h2></div>
    <div class="pn-b stack finding-b">${server && finding.line && html`<p class="f-line"><${LineLink} server=${server} line=${finding.line}/><code>${finding.source}</code></p>`}
      <p>${prose(finding.evidence)}</p><${Evidence} finding=${finding}/>
      ${server && finding.again && html`<div><${Button} kind="pri" icon="hour" label=${t("chk.again")} title=${t("chk.again.d")} busy=${busy} off=${reason(state, "start")} onClick=${again}/></div>`}</div></section>`;
}

/* The answer to a question of the API: {said}, {error}, or nothing yet. */
function useAnswer(actions, path) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let late = false;
    actions.api("GET", path).then(
      (said) => late || setFound({ said }),
      (error) => late || setFound({ error: errorText(error) }),
    );
    return () => {
      late = true;
    };
  }, [path]);
  return found;
}

function Loaded({ found: { said, error }, children }) {
  if (error) return html`<div class="notice bad" role="alert">${icon("warn")}<span>${error}</span></div>`;
  return said ? [children].flat()[0](said) : html`<p class="nothing">${t("les.wait")}</p>`;
}
