"""Four browsers: `python -m bench.soak.tabs URL SECONDS PATH...`, a Chromium context each.

Each goes to the next of the paths after so many seconds, until the end of standard input.
"""

import shutil
import sys
import threading
from typing import TYPE_CHECKING

from bench.load.tab import ARGUMENTS, CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = 4
LOOKING = "looking"
MISSING = "missing: "
WAIT_MS = 20_000


def main() -> int:
    url, stay_s, paths = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        print(f"{MISSING}no Chromium is installed", flush=True)
        return 1
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print(f"{MISSING}playwright is not installed", flush=True)
        return 1
    ended = threading.Event()
    threading.Thread(target=_read_to_the_end, args=(ended,), daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        pages = [browser.new_context().new_page() for _ in range(BROWSERS)]
        _walk(pages, url, paths, stay_s, ended)
        browser.close()
    return 0


def _walk(
    pages: "list[Page]", url: str, paths: list[str], stay_s: float, ended: threading.Event
) -> None:
    """One page at a time goes on, so that each stays for stay_s seconds."""
    turn = 0
    while not ended.is_set():
        page = pages[turn % len(pages)]
        _open(page, url + paths[turn % len(paths)])
        turn += 1
        if turn == len(pages):
            print(LOOKING, flush=True)
        ended.wait(stay_s / len(pages) if turn >= len(pages) else 0)


def _open(page: "Page", address: str) -> None:
    from playwright.sync_api import Error

    try:
        page.goto(address, timeout=WAIT_MS)
    except Error as error:
        print(f"{address}: {error.message.splitlines()[0]}", flush=True)


def _read_to_the_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
