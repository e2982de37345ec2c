/* Before the first paint: theme, presentation size and language as they were last chosen. */
(function () {
  function kept(name) {
    try {
      return localStorage.getItem("sl." + name);
    } catch {
      return null; // storage may be forbidden; the defaults serve
    }
  }
  var page = document.documentElement;
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = kept("theme") || (dark ? "dark" : "light");
  if (kept("present")) page.dataset.present = "1";

  var address = new URL(location.href);
  var wanted = kept("lang");
  if (address.searchParams.has("lang")) {
    try {
      localStorage.setItem("sl.lang", page.lang);
    } catch {
      /* not remembered */
    }
  } else if ((wanted === "en" || wanted === "ru") && wanted !== page.lang) {
    address.searchParams.set("lang", wanted);
    location.replace(address);
  }
})();
