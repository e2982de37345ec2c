/* The user's own programs: a card for each that was started, a compact list of the other files. */
import { Button, CommandLine, Search, html, icon, useDraft, useEffect } from "../../kit.js";
import { nf, t } from "../../i18n.js";
import { byFolder, chooseFiles } from "../../model/files.js";
import { may, own } from "../../model/selectors.js";
import { OwnCard } from "./own_card.js";
import { reasons } from "./reasons.js";

/* From so many files on there is a field to find one. */
const SEARCH_FROM = 12;

/** The page that holds them alone. */
export function Programs({ state, actions }) {
  return html`<div class="ph"><div class="tx"><h1>${t("prog.h")}</h1><p>${t("prog.sub")}</p></div></div>
    <${Listing} state=${state} actions=${actions}/>`;
}

/** The part of the overview under the lab's servers. */
export const YourPrograms = ({ state, actions }) =>
  html`<section class="own-programs" aria-labelledby="own-h">
    <div class="ph"><div class="tx"><h2 id="own-h">${t("prog.h")}</h2></div></div>
    <${Listing} state=${state} actions=${actions}/></section>`;

function Listing({ state, actions }) {
  const [off, offChange] = reasons(state);
  useEffect(() => lookNowAndThen(actions.lookForFiles), []);
  const programs = own(state);
  const started = new Set(programs.map(({ name }) => name));
  const others = state.files.filter(({ id }) => !started.has(id));
  const none = [...programs, ...others].every(({ example }) => example);
  const ours = may(state, "start"); // others have no files here, and no terminal
  return html`${none && ours && html`<${HowTo}/>`}
    ${!programs.length && !ours && html`<p class="muted">${t("watch.none")}</p>`}
    ${programs.length > 0 && html`<div class="cards">${programs.map(
      (server) => html`<${OwnCard} key=${server.name} server=${server} history=${state.history[server.name]}
        busy=${state.busy[server.name]} off=${off} offChange=${offChange} skew_s=${state.skew_s} lang=${state.lang} actions=${actions}/>`,
    )}</div>`}
    ${others.length > 0 && html`<${Files} files=${others} busy=${state.busy} off=${off} first=${none && !programs.length} actions=${actions}/>`}
    ${!none && ours && html`<details class="panel more"><summary>${t("prog.more")}</summary><${Ways}/></details>`}`;
}

/* Files come while the reader is in an editor: they are looked for when the page is seen again. */
function lookNowAndThen(look) {
  const seen = () => !document.hidden && look();
  seen();
  document.addEventListener("visibilitychange", seen);
  addEventListener("focus", seen);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    removeEventListener("focus", seen);
  };
}

const HowTo = () =>
  html`<section class="panel howto" aria-labelledby="howto-h"><div class="pn-b"><h3 id="howto-h">${t("prog.none")}</h3>
    <p class="soft">${t("prog.none.s")}</p></div><${Ways}/></section>`;

/* The two ways; no path comes from a browser, so the terminal names the folder or the file. */
const Ways = () =>
  html`<div class="pn-b ways"><div><p>${t("prog.way.folder")}</p><${CommandLine} text=${'make run ARGS="--programs ~/servers"'}/></div>
    <div><p>${t("prog.way.file")}</p><${CommandLine} text="flask --app dashboard lab open ~/servers/server.py"/></div></div>`;

function Files({ files, busy, off, first, actions }) {
  const [words, setWords] = useDraft("programs.words", "");
  const chosen = chooseFiles(files, words);
  return html`<section class="panel files" aria-labelledby="files-h">
    <div class="toolbar"><h3 class="tb-h" id="files-h">${t(first ? "prog.tryfirst" : "prog.files")}</h3><small class="muted">${nf(files.length)}</small>
      ${files.length >= SEARCH_FROM && html`<${Search} label=${t("prog.find")} value=${words} onInput=${setWords}/>`}</div>
    <div class="file-list" tabindex="0" role="group" aria-labelledby="files-h">
      ${byFolder(chosen).map(([folder, list]) => html`<div key=${folder}>${list[0].example ? html`<h4 class="folder-h" title=${folder}>${t("prog.examples")}</h4>` : html`<h4 class="folder-h mono muted cut folder" title=${folder}>${folder}</h4>`}
        <ul>${list.map((file) => html`<${File} key=${file.id} file=${file} busy=${busy[file.id]} off=${off} actions=${actions}/>`)}</ul></div>`)}
      ${!chosen.length && html`<p class="nothing">${t("prog.find.none")}</p>`}</div></section>`;
}

/* Its page is one that the dashboard makes when it is asked for. */
const File = ({ file, busy, off, actions }) =>
  html`<li>${icon("file")}<a href=${`/programs/${file.id}`} title=${file.title}>${file.title}</a>
    <${Button} kind="sm" icon="play" label=${t("start")} aria-label=${t("prog.start.s", { s: file.title })} busy=${busy} off=${off}
      onClick=${() => actions.startFile(file.id)}/></li>`;
