/* The address bar and the page in step, without loading anything anew. */
import { inside, outside } from "./base.js";

/**
 * Follow links and the history. `routeOf({pathname, search})` is the route of an address as
 * model/routes.js gives it; `onRoute(route)` is called after each move. Returns navigate(path).
 */
export function startRouter(routeOf, onRoute) {
  const here = () => inside(location);
  const navigate = (path) => {
    const { pathname, search } = here();
    if (path !== pathname + search) history.pushState(null, "", outside(path));
    onRoute(routeOf(here()));
  };
  addEventListener("popstate", () => onRoute(routeOf(here())));
  document.addEventListener("click", (event) => {
    const link = ownLink(event);
    if (!link) return;
    const { pathname, search } = inside(link);
    if (routeOf({ pathname, search }).view === "missing") return;
    event.preventDefault();
    navigate(pathname + search);
  });
  return navigate;
}

/* The link of a plain click on one of our pages; any other click belongs to the browser. */
function ownLink(event) {
  const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (event.defaultPrevented || event.button !== 0 || modified) return null;
  const link = event.target.closest?.("a[href]");
  if (!link || link.target || link.hasAttribute("download") || link.hash) return null;
  if (link.origin !== location.origin) return null;
  return link;
}
