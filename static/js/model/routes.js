/*
 * Addresses of pages: `/`, `/programs`, `/lessons`, `/lessons/ID`, `/servers/NAME/TAB` for the lab's own servers and
 * `/programs/NAME/TAB` for programs of the user. Which programs and tabs there are is the
 * dashboard's to say: each server's view carries its tabs, the one that opens by itself first.
 */

const plain = (view) => ({ view, name: null, tab: null, query: {} });
const OVERVIEW = plain("overview");
const PROGRAMS = plain("programs");
const LESSONS = plain("lessons");

/** The route of an address that is none. */
export const MISSING = plain("missing");

/**
 * The route of an address {pathname, search}: {view: overview | programs | lessons | lesson | server | missing, name,
 * tab, query, lesson}. `servers`: views by name. `query`: the values of the address, for the tab to use.
 */
export function parse({ pathname, search = "" }, servers) {
  const parts = pathname.split("/").filter(Boolean);
  if (!parts.length) return OVERVIEW;
  const [place, name, wanted] = parts;
  if (place === "programs" && parts.length === 1) return PROGRAMS;
  if (place === "lessons" && parts.length <= 2) return name ? { ...plain("lesson"), lesson: name, query: valuesOf(search) } : LESSONS;
  if (parts.length > 3 || !Object.hasOwn(servers, name ?? "") || place !== placeOf(servers[name])) return MISSING;
  const tab = findTab(servers[name], wanted);
  return tab ? { view: "server", name, tab, query: valuesOf(search) } : MISSING;
}

const valuesOf = (search) => Object.fromEntries(new URLSearchParams(search));

const placeOf = (server) => (server.own ? "programs" : "servers");

/* Without a name the first one; `try` is the first one where there is no exchange to try. */
function findTab({ tabs }, wanted) {
  if (tabs.some(({ name }) => name === wanted)) return wanted;
  return wanted === undefined || wanted === "try" ? tabs[0].name : null;
}

/** The address of a server's tab; without a tab, of the one that opens by itself. `query`: values for the tab. */
export function href(server, tab = server.tabs[0].name, query = {}) {
  const values = new URLSearchParams(query).toString();
  return `/${placeOf(server)}/${server.name}/${tab}${values && `?${values}`}`;
}

/** Whether two routes are of one view, with other values for it: its reader stays where they are. */
export const samePlace = (a, b) => ["view", "name", "tab", "lesson"].every((part) => a[part] === b[part]);

/** The path of the neighbouring tab, or null at the ends. */
export function neighbour(route, servers, by) {
  if (route.view !== "server") return null;
  const { [route.name]: server } = servers;
  const at = server.tabs.findIndex(({ name }) => name === route.tab);
  const tab = server.tabs[at + by];
  return tab ? href(server, tab.name) : null;
}

/** Tabs of the lab's servers that the sidebar leads to by themselves: [{server, tab}]. */
export const linkedTabs = (servers) =>
  servers.filter(({ own }) => !own).flatMap((server) => server.tabs.filter(({ linked }) => linked).map((tab) => ({ server, tab: tab.name })));

/** The tab that a server's own link in the sidebar leads to: the first without a link of its own. */
export const plainTab = (server) => (server.tabs.find(({ linked }) => !linked) ?? server.tabs[0]).name;
