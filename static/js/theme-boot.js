/* Before the first paint: this browser's memory, and the theme, size and language from it. */
(function () {
  var memory = {
    /** The text kept under a name; null without one, and where storage is blocked. */
    kept: function (name) {
      try {
        return localStorage.getItem("sl." + name);
      } catch {
        return null;
      }
    },
    /** Keep a text for the next visit; null forgets it. Where storage is blocked it holds for this one. */
    keep: function (name, value) {
      try {
        if (value === null) localStorage.removeItem("sl." + name);
        else localStorage.setItem("sl." + name, value);
      } catch {
        // Blocked or full: the page itself goes on.
      }
    },
  };
  globalThis.memory = memory; // io/prefs.js hands it to the modules

  var page = document.documentElement;
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = memory.kept("theme") || (dark ? "dark" : "light");
  if (memory.kept("present")) page.dataset.present = "1";

  var address = new URL(location.href);
  var wanted = memory.kept("lang");
  if (address.searchParams.has("lang")) {
    memory.keep("lang", page.lang);
  } else if ((wanted === "en" || wanted === "ru") && wanted !== page.lang) {
    address.searchParams.set("lang", wanted);
    location.replace(address);
  }
})();
