/*
 * Addresses of pages: `/`, `/servers/NAME`, `/servers/NAME/TAB`. Which programs and tabs there are
 * is the dashboard's to say: each server's view carries its tabs, the one that opens by itself first.
 */

const OVERVIEW = { view: "overview", name: null, tab: null };
const MISSING = { view: "missing", name: null, tab: null };

/** The route of a path: {view: overview | server | missing, name, tab}. `servers`: views by name. */
export function parse(pathname, servers) {
  const parts = pathname.split("/").filter(Boolean);
  if (!parts.length) return OVERVIEW;
  const [place, name, wanted] = parts;
  if (place !== "servers" || parts.length > 3 || !Object.hasOwn(servers, name)) return MISSING;
  const tab = findTab(servers[name], wanted);
  return tab ? { view: "server", name, tab } : MISSING;
}

/* Without a name the first one; `try` is the first one where there is no exchange to try. */
function findTab({ tabs }, wanted) {
  if (tabs.some(({ name }) => name === wanted)) return wanted;
  return wanted === undefined || wanted === "try" ? tabs[0].name : null;
}

/** The path of a server's tab; without a tab, of the one that opens by itself. */
export const href = (server, tab = server.tabs[0].name) => `/servers/${server.name}/${tab}`;

/** The path of the neighbouring tab, or null at the ends. */
export function neighbour(route, servers, by) {
  if (route.view !== "server") return null;
  const { [route.name]: server } = servers;
  const at = server.tabs.findIndex(({ name }) => name === route.tab);
  const tab = server.tabs[at + by];
  return tab ? href(server, tab.name) : null;
}

/** Tabs that the sidebar leads to by themselves: [{server, tab}]. */
export const linkedTabs = (servers) =>
  servers.flatMap((server) => server.tabs.filter(({ linked }) => linked).map((tab) => ({ server, tab: tab.name })));

/** The tab that a server's own link in the sidebar leads to: the first without a link of its own. */
export const plainTab = (server) => server.tabs.find(({ linked }) => !linked).name;
