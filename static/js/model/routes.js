/* Addresses of pages: `/`, `/servers/NAME`, `/servers/NAME/TAB`. */

export const SERVERS = ["hello", "hypotenuse", "page", "chat", "subjects"];

/** The tabs of each server, the one that opens by itself first. */
export const TABS = {
  hello: ["try", "connections", "logs"],
  hypotenuse: ["try", "connections", "logs"],
  page: ["try", "connections", "logs"],
  chat: ["rooms", "connections", "logs"],
  subjects: ["loop", "try", "connections", "logs"],
};

/** The route of a path: {view: overview | server | missing, name, tab}. */
export function parse(pathname) {
  const parts = pathname.split("/").filter(Boolean);
  if (!parts.length) return { view: "overview", name: null, tab: null };
  const [place, name, tab] = parts;
  const tabs = place === "servers" && parts.length < 4 && Object.hasOwn(TABS, name) ? TABS[name] : [];
  if (!tabs.length) return { view: "missing", name: null, tab: null };
  // To try the chat out is to enter a room.
  const wanted = name === "chat" && tab === "try" ? "rooms" : (tab ?? tabs[0]);
  return tabs.includes(wanted)
    ? { view: "server", name, tab: wanted }
    : { view: "missing", name: null, tab: null };
}

/** The path of a server's tab; without a tab, of the one that opens by itself. */
export const href = (name, tab = TABS[name][0]) => `/servers/${name}/${tab}`;

/** The path of the tab beside this one, or null at the ends. */
export function neighbour(route, by) {
  if (route.view !== "server") return null;
  const tabs = TABS[route.name];
  const tab = tabs[tabs.indexOf(route.tab) + by];
  return tab ? href(route.name, tab) : null;
}
