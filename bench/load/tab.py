"""A Chromium with one tab: `python -m bench.load.tab URL REPEATS PATH...`.

Opens each path so often and prints the milliseconds from the beginning of the navigation to the
first frame that shows what came over the live channel; then stays on the first path until the
end of standard input.
"""

import json
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ALIVE, LOOKING = "alive ", "looking"
CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
    "chromium-headless-shell",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 10_000
# Looks after every frame that is drawn, from the navigation's own zero of time on.
NOTE_FIRST_LIVE_FRAME = """
(() => {
  const look = () => {
    if (document.querySelector("[data-link=live]")) window.aliveAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


def main() -> int:
    url, repeats, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        print("no Chromium is installed (apt install chromium)")
        return 1
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("playwright is not installed (make test brings it)")
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        opened = [_open_often(browser, url + where, repeats) for where in paths]
        print(ALIVE + json.dumps(opened), flush=True)
        page = browser.new_page()
        _alive_ms(page, url + paths[0])
        print(LOOKING, flush=True)
        sys.stdin.read()
        browser.close()
    return 0


def _open_often(browser: "Browser", url: str, repeats: int) -> list[float]:
    """As a fresh visitor each time, with an empty cache."""
    spent = []
    for _ in range(repeats):
        with browser.new_context() as context:
            spent.append(_alive_ms(context.new_page(), url))
    return spent


def _alive_ms(page: "Page", url: str) -> float:
    page.add_init_script(NOTE_FIRST_LIVE_FRAME)
    page.goto(url)
    page.wait_for_selector("[data-link=live]", timeout=WAIT_MS)
    spent: float = page.evaluate(
        "new Promise(done => { const look = () => window.aliveAt ? done(window.aliveAt)"
        " : requestAnimationFrame(look); look(); })"
    )
    return spent


if __name__ == "__main__":
    sys.exit(main())
