"""Pages at several widths."""

from collections.abc import Iterator

from playwright.sync_api import Page

HEIGHT = 844
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def at_widths(page: Page, *widths: int) -> Iterator[int]:
    """The page at one width after the other, drawn anew: quicker than loading it for each."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.evaluate(DRAWN)
        yield width
