/*
 * Where the dashboard is on its host. All its code speaks of its own paths, such as /lessons; behind a proxy the
 * browser knows them as /user/anna/socket-lab/lessons. Only fetch, WebSocket, links and the history see the difference.
 */

const { prefix: PREFIX = "" } = document.documentElement.dataset;

/** The path for the browser of one of the dashboard's own. */
export const outside = (path) => PREFIX + path;

/** The dashboard's own address {pathname, search} of one in the browser; a browser that came past the proxy has that. */
export function inside({ pathname, search }) {
  const before = pathname.split("/").slice(0, PREFIX.split("/").length).join("/");
  return { pathname: unescaped(before) === unescaped(PREFIX) ? pathname.slice(before.length) || "/" : pathname, search };
}

/** One way to write a part of an address: browsers leave %40 and @ as they were typed. What is no escape stays as it is. */
export function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
