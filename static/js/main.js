/* The only module that knows the whole page: the one state, what may be done, what is drawn. */
import { inside } from "./base.js";
import { announce, h, render, titleOf } from "./kit.js";
import { errorText } from "./errors.js";
import { speak, t } from "./i18n.js";
import { api, freshPage } from "./io/api.js";
import { Chat } from "./io/chat.js";
import { Consoles } from "./io/consoles.js";
import { Live } from "./io/live.js";
import { keep } from "./io/prefs.js";
import { takeLink } from "./io/token.js";
import { controller } from "./io/tab.js";
import { startKeyboard } from "./keyboard.js";
import { initial, reduce } from "./model/reducer.js";
import { href, parse, samePlace } from "./model/routes.js";
import { may, shown } from "./model/selectors.js";
import { startRefusals } from "./refusals.js";
import { startRouter } from "./router.js";
import { Shell } from "./views/shell/shell.js";

const TOAST_MS = 6000;
/* A start or stop that was accepted and then never confirmed leaves its button usable again. */
const CONFIRM_MS = 8000;

const TITLES = { overview: "nav.overview", programs: "nav.programs", lessons: "les.h", lesson: "les.h", missing: "missing.h" };

takeLink();
const page = document.documentElement;
const boot = JSON.parse(document.getElementById("boot").textContent);
speak(boot.lang, boot.catalogue);
const prefs = { theme: page.dataset.theme, present: page.dataset.present === "1" };
let state = initial(boot, inside(location), prefs);
let frame = 0;
let toastTimer = 0;

function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  if (state === before) return;
  tellStates(before, state);
  if (!frame) frame = requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  page.dataset.stale = state.link.status === "lost" ? "1" : "0";
  document.title = `${headline(state)} · ${t("app")}`;
  render(h(Shell, { state, actions }), document.getElementById("app"));
}

/* The page's name among the browser's tabs and in its history; the dashboard writes the first one. */
function headline({ route: { view, name, tab }, servers }) {
  return view === "server" ? `${t(`tab.${tab}`)} · ${titleOf(servers[name])}` : t(TITLES[view]);
}

function tellStates(before, after) {
  if (before.servers === after.servers) return;
  for (const name of after.order) {
    const is = shown(after.servers[name]);
    if (before.servers[name] && is !== shown(before.servers[name])) {
      announce(`${titleOf(after.servers[name])}: ${t(`st.${is}`)}`);
    }
  }
}

const live = new Live({
  onSnapshot: (snapshot, at) => dispatch({ type: "snapshot", snapshot, at }),
  onDelta: (events, at) => dispatch({ type: "delta", events, at }),
  onLink: (link) => dispatch({ type: "link", link }),
});

const chat = new Chat({
  rooms: () => state.chat,
  change: (id, event) => dispatch({ type: "room", id, event }),
});

const consoles = new Consoles({ change: (name, event) => dispatch({ type: "console", name, event }) });

/* The dashboard's address of a program. */
const pathOf = (name) => `/api/${state.servers[name] && !state.servers[name].own ? "servers" : "programs"}/${name}`;

/* Settings of a program that are on their way: what is asked of it goes after them. */
const saved = new Map();

function save(name, settings) {
  const asked = Promise.resolve(saved.get(name)).then(() => api("POST", `${pathOf(name)}/settings`, settings));
  saved.set(name, asked.catch(() => null));
  return asked;
}

/* Ask a server for something: busy at once, calm again by an event or by a refusal. */
async function ask(name, action, body) {
  dispatch({ type: "busy", name, action });
  const calm = () => state.busy[name] === action && dispatch({ type: "idle", name });
  try {
    await saved.get(name);
    const answer = await api("POST", `${pathOf(name)}/${action}`, body);
    if (answer?.settled) calm();
    else setTimeout(calm, CONFIRM_MS);
    return answer;
  } catch (error) {
    calm();
    actions.fail(error);
    return null;
  }
}

async function askAll(action, names) {
  for (const name of names) dispatch({ type: "busy", name, action });
  try {
    await api("POST", `/api/servers/${action}`);
    setTimeout(() => names.forEach((name) => dispatch({ type: "idle", name })), CONFIRM_MS);
  } catch (error) {
    names.forEach((name) => dispatch({ type: "idle", name }));
    actions.fail(error);
  }
}

/* The program of an answer. An event that came meanwhile says something newer, and stays. */
async function answered(name, asked) {
  const before = state.servers[name];
  const server = await asked;
  if (server && state.servers[name] === before) dispatch({ type: "server", server });
  return server;
}

/** What views may do. */
const actions = {
  api,
  chat,
  consoles,
  start: (name, options) => ask(name, "start", options ?? {}),
  stop: (name) => ask(name, "stop"),
  restart: (name) => ask(name, "restart"),
  kill: (name) => ask(name, "kill"),
  interrupt: (name) => ask(name, "interrupt"),
  /** Look at a file that was only listed. */
  async openFile(id) {
    await answered(id, api("GET", `/api/programs/${id}`)).catch(actions.fail);
  },
  /** Start a file that was only listed, and look at it. */
  async startFile(id) {
    const server = await answered(id, ask(id, "start", {}));
    if (server) actions.navigate(href(server));
  },
  /** Let the dashboard look for new files. */
  async lookForFiles() {
    if (state.holder || !may(state, "start")) return;
    const found = await api("POST", "/api/programs/look").catch(() => null); // the list stays as it was
    if (found) dispatch({ type: "files", files: found.files });
  },
  /** Take a program off the page; its file stays where it is. */
  forgetProgram: (name) => api("DELETE", `/api/programs/${name}`).catch(actions.fail),
  /** The name under which this page holds programs. */
  controller,
  /** Hold a program, or let it go: {action, ...}. Throws ApiError; 409 when another one holds it. */
  hold: (name, body) => api("POST", `/api/programs/${name}/hold`, { controller: controller(), ...body }),
  /** Choose whether what runs at the dashboard's end is started again with it. */
  restore: (wanted) => api("POST", "/api/restore", { wanted }).catch(actions.fail),
  startAll: (names) => askAll("start", names),
  stopAll: (names) => askAll("stop", names),
  /** Begin a check: {task, running, stop, stream}, all optional. */
  check: (name, asked) => api("POST", `/api/programs/${name}/check`, asked).catch(actions.fail),
  cancelCheck: (name) => api("DELETE", `/api/programs/${name}/check`).catch(actions.fail),
  /** Show a probe once more, slowly. */
  checkAgain: (name, probe) => api("POST", `/api/programs/${name}/check/again`, { probe }).catch(actions.fail),
  /** Fetch the newest report of a program, and the tasks that there are, in the page's language. */
  async report(name) {
    const found = await api("GET", `/api/programs/${name}/check?lang=${state.lang}`).catch(actions.fail);
    if (found) dispatch({ type: "report", name, report: found.report, tasks: found.tasks });
  },
  /** Remember the settings of a program's next start. Throws ApiError when they cannot be used. */
  async settings(name, settings) {
    await answered(name, save(name, settings));
  },
  /** Let a paused program go on, whoever paused it. */
  resume(name) {
    const asked = state.servers[name].held ? actions.hold(name, { action: "resume", take: true }) : api("POST", `/api/servers/${name}/loop`, { action: "resume" });
    return asked.catch(actions.fail);
  },
  exchanged: (name, exchange) => dispatch({ type: "exchange", name, exchange }),
  /** Take the lab over from the dashboard that holds it; pages come again by themselves. */
  takeOver: () => api("POST", "/api/folder/take").catch(actions.fail),
  forget: (name) => dispatch({ type: "forget", name }),
  subscribe: (topics) => live.subscribe(topics),
  retryNow: () => live.open(),
  announce,
  toast(text, kind = "info") {
    clearTimeout(toastTimer);
    dispatch({ type: "toast", toast: { text, kind } });
    if (kind !== "bad") toastTimer = setTimeout(actions.dismiss, TOAST_MS); // an error stays until it is read
  },
  dialog: (dialog) => dispatch({ type: "dialog", dialog }),
  dismiss: () => dispatch({ type: "toast", toast: null }),
  /** Tell an error of api() to the reader. */
  fail: (error) => actions.toast(errorText(error), "bad"),
  async setLang(lang) {
    if (lang === state.lang) return;
    try {
      const { catalogue } = await freshPage(lang);
      speak(lang, catalogue);
    } catch (error) {
      actions.fail(error);
      return;
    }
    keep("lang", lang);
    page.lang = lang;
    const address = new URL(location);
    address.searchParams.delete("lang");
    history.replaceState(history.state, "", address);
    dispatch({ type: "lang", lang });
  },
  setTheme(theme) {
    keep("theme", theme);
    page.dataset.theme = theme;
    dispatch({ type: "prefs", prefs: { theme } });
  },
  setPresent(present) {
    keep("present", present ? "1" : null);
    page.dataset.present = present ? "1" : "0";
    dispatch({ type: "prefs", prefs: { present } });
  },
};

const routeOf = (address) => parse(address, state.servers);
actions.navigate = startRouter(routeOf, (route) => {
  const before = state.route;
  dispatch({ type: "route", route });
  draw();
  const main = document.getElementById("main");
  if (samePlace(before, route)) {
    if (document.activeElement === document.body) main.focus({ preventScroll: true }); // what had it is gone
    return;
  }
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});
startKeyboard({ state: () => state, actions });
startRefusals(actions.toast);
addEventListener("hashchange", () => takeLink() && live.open());
live.open(); // while the page is drawn, the dashboard answers
draw();
