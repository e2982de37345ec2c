/* The frame of every page: navigation, top bar, the page itself, the layers above it. */
import { Button, IconButton, Segmented, glyph, html, icon, pure, titleOf, useNow } from "../../kit.js";
import { clock, t } from "../../i18n.js";
import { href, linkedTabs, plainTab } from "../../model/routes.js";
import { lab, list, own, place, shown, startable } from "../../model/selectors.js";
import { Dialogs } from "./dialogs.js";
import { Held } from "./held.js";
import { Lazy } from "./lazy.js";
import { Overview } from "./overview.js";
import { Programs } from "./programs.js";
import { Server } from "./server.js";
import { Troubles } from "./troubles.js";
import { Visitor, Watched } from "./visitor.js";

const MARK = () => html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <rect x=".75" y=".75" width="22.5" height="22.5" rx="6.25" fill="var(--ink)"/>
  <path d="M17.9 12a5.9 5.9 0 1 1-2.1-4.5" fill="none" stroke="var(--on-ink)" stroke-width="1.7" stroke-linecap="round"/>
  <rect x="9" y="9.2" width="1.9" height="5.6" rx=".95" fill="var(--on-ink)"/>
  <rect x="13.1" y="9.2" width="1.9" height="5.6" rx=".95" fill="var(--on-ink)"/>
  <circle cx="17.2" cy="6.6" r="1.5" fill="var(--in-fill)"/>
</svg>`;

/* How the sidebar and the bottom bar show the tabs that they lead to. */
const LINKS = {
  rooms: { icon: "talk", key: "nav.rooms" },
  loop: { icon: "loop", key: "nav.loop", short: "nav.loop.s" },
};

export function Shell({ state, actions }) {
  return html`
    <a class="skip" href="#main">${t("skip")}</a>
    <div class="shell">
      <${Side} servers=${state.servers} order=${state.order} route=${state.route} lang=${state.lang} actions=${actions}/>
      <div class="col">
        <${Top} link=${state.link} prefs=${state.prefs} visitor=${state.visitor} lang=${state.lang} actions=${actions}/>
        <main class="main" id="main" tabindex="-1">
          ${state.link.status === "lost" && html`<${Lost} link=${state.link} actions=${actions}/>`}
          <${Held} state=${state} actions=${actions}/>
          <${Visitor} state=${state}/>
          <${Troubles} troubles=${state.troubles} lang=${state.lang}/>
          <${Page} state=${state} actions=${actions}/>
        </main>
      </div>
    </div>
    <${BottomBar} servers=${state.servers} order=${state.order} route=${state.route} lang=${state.lang}/>
    <${Dialogs} state=${state} actions=${actions}/>
    <${Toast} toast=${state.toast} actions=${actions}/>`;
}

const loadLessons = () => import("./lessons.js").then((module) => module.Lessons);
const loadLesson = () => import("./lessons.js").then((module) => module.Lesson);

function Page({ state, actions }) {
  const { view } = state.route;
  if (view === "overview") return html`<${Overview} state=${state} actions=${actions}/>`;
  if (view === "programs") return html`<${Programs} state=${state} actions=${actions}/>`;
  if (view === "lessons") return html`<${Lazy} load=${loadLessons} state=${state} actions=${actions}/>`;
  if (view === "lesson") return html`<${Lazy} key=${state.route.lesson} load=${loadLesson} state=${state} actions=${actions}/>`;
  if (view === "server") return html`<${Server} state=${state} actions=${actions}/>`;
  return html`<div class="ph"><div class="tx"><h1>${t("missing.h")}</h1><p>${t("missing.p")}</p></div></div>
    <p><a class="btn" href="/">${t("nav.overview")}</a></p>`;
}

const isHere = (route, { server, tab }) => route.name === server.name && route.tab === tab;

/* The words of a link: with the program's title where more than one has such a tab. */
function wordsOf({ server, tab }, links, form = "key") {
  const words = t(LINKS[tab][form] ?? LINKS[tab].key);
  return links.filter((link) => link.tab === tab).length > 1 ? `${words} · ${titleOf(server)}` : words;
}

const Side = pure(function Side({ servers, order, route, actions }) {
  const current = (yes) => (yes ? "page" : undefined);
  const links = linkedTabs(list({ servers, order }));
  const inLinks = links.some((link) => isHere(route, link));
  return html`<aside class="side">
    <a class="brand" href="/">${MARK()}<span>${t("app")}</span></a>
    <nav class="nav" aria-label=${t("app")}>
      <a href="/" aria-current=${current(route.view === "overview")}>${icon("grid")}<span>${t("nav.overview")}</span></a>
      <h2>${t("nav.servers")}</h2>
      ${lab({ servers, order }).map((server) => html`<${ServerLink} key=${server.name} server=${server} here=${route.name === server.name && !inLinks}/>`)}
      <h2>${t("prog.nav.h")}</h2>
      ${own({ servers, order }).filter((server) => route.name === server.name || !startable(server)).map(
        (server) => html`<${ServerLink} key=${server.name} server=${server} here=${route.name === server.name}/>`)}
      <a href="/programs" title=${t("prog.nav")} aria-current=${current(route.view === "programs")}>${icon("files")}<span>${t("prog.nav")}</span></a>
      <h2>${t("nav.views")}</h2>
      ${links.map((link) => {
        const { server, tab } = link;
        const words = wordsOf(link, links);
        return html`<a key=${href(server, tab)} href=${href(server, tab)} title=${words}
          aria-current=${current(isHere(route, link))}>${icon(LINKS[tab].icon)}<span>${words}</span></a>`;
      })}
      <a href="/lessons" title=${t("les.h")} aria-current=${current(route.view.startsWith("lesson"))}>${icon("book")}<span>${t("les.h")}</span></a>
    </nav>
    <div class="foot"><button type="button" onClick=${() => actions.dialog("keys")} aria-label=${t("keys")}
      title=${t("keys")}>${icon("kbd")}<span>${t("keys")}</span><kbd>?</kbd></button></div>
  </aside>`;
});

function ServerLink({ server, here }) {
  const state = shown(server);
  const port = server.own ? (place(server).match(/\d+$/)?.[0] ?? "") : server.port;
  return html`<a href=${href(server, plainTab(server))} title=${titleOf(server)} aria-current=${here ? "page" : undefined}>
    <span class="no">${server.own ? icon("file") : server.task}</span>${glyph(state)}<span>${titleOf(server)}</span>
    <span class="sr">, ${t(`st.${state}`)}</span><span class="po">${port}</span></a>`;
}

const Top = pure(function Top({ link, prefs, visitor, lang, actions }) {
  const dark = prefs.theme === "dark";
  return html`<header class="top">
    <a class="brand" href="/" aria-label=${t("app")}>${MARK()}</a>
    <span class="lab">${t("lab")}</span><span class="sp"></span>
    <${Watched} visitor=${visitor} actions=${actions}/>
    <${Link} link=${link}/>
    <${Segmented} kind="langseg" label=${t("lang")} items=${[["en", "EN"], ["ru", "RU"]]} value=${lang}
      onChange=${actions.setLang}/>
    <${IconButton} kind="gh hide-s" icon="screen" label=${t("present")} aria-pressed=${String(prefs.present)}
      onClick=${() => actions.setPresent(!prefs.present)}/>
    <${IconButton} kind="gh" icon=${dark ? "sun" : "moon"} label=${t("theme")}
      onClick=${() => actions.setTheme(dark ? "light" : "dark")}/>
  </header>`;
});

function Link({ link }) {
  const word = { live: "live", lost: "offline", connecting: "connecting" }[link.status];
  const cls = { live: "", lost: "off", connecting: "wait" }[link.status];
  return html`<span class="conn ${cls}" data-link=${link.status}><i></i><span role="status">${t(word)}</span>
    ${link.status === "live" && link.rtt_ms !== null && html`<span class="ms hide-s">${t("live.ms", { n: link.rtt_ms })}</span>`}</span>`;
}

function lossOf({ crowded, last_at }) {
  if (crowded) return t("offline.crowded");
  return last_at ? t("offline.t", { time: clock(last_at) }) : t("offline.never");
}

function Lost({ link, actions }) {
  const now = useNow(500);
  const left = Math.max(0, Math.ceil((link.retry_at ?? now) - now));
  return html`<div class="notice bad">${icon("warn")}
    <span><strong role="alert">${lossOf(link)}</strong>${" "}
    ${left ? t("offline.s", { n: left }) : t("offline.now")}</span>
    <span class="r"><${Button} kind="sm" icon="restart" label=${t("retry")} onClick=${actions.retryNow}/></span></div>`;
}

const BottomBar = pure(function BottomBar({ servers, order, route }) {
  const links = linkedTabs(list({ servers, order }));
  const item = (path, name, text, here) =>
    html`<a href=${path} aria-current=${here ? "page" : undefined}>${icon(name)}<span>${text}</span></a>`;
  return html`<nav class="bnav" aria-label=${t("nav.views")}>
    ${item("/", "grid", t("nav.overview"), route.view === "overview")}
    ${item("/programs", "files", t("prog.nav.s"), route.view === "programs" || Boolean(servers[route.name]?.own))}
    ${links.map((link) => item(href(link.server, link.tab), LINKS[link.tab].icon, wordsOf(link, links, "short"), isHere(route, link)))}
  </nav>`;
});

function Toast({ toast, actions }) {
  return html`<div class="toasts" role=${toast?.kind === "bad" ? "alert" : "status"}>${toast &&
  html`<div class="toast">${icon(toast.kind === "bad" ? "warn" : "info")}<span>${toast.text}</span>
    <${IconButton} kind="sm" icon="x" label=${t("k.esc")} onClick=${actions.dismiss}/></div>`}</div>`;
}
