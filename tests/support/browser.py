"""A real browser without a window, to open our pages in."""

import re
import subprocess
from pathlib import Path
from typing import Final

from support.needs import need_binary

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=2000",
)

MEASURE: Final = (
    "<script>document.title = [document.documentElement.scrollWidth,"
    " window.innerWidth, document.querySelectorAll('script').length].join(' ')</script>"
)
"""Says how wide a page is, how wide the window is, and how many scripts there are with it."""


class Browser:
    """Chromium with a profile of its own, which goes with the test.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.program = need_binary("chromium")
        self.folder = folder

    def dom(self, html: str) -> str:
        """Return what the browser makes of a page, as HTML, once its scripts have run."""
        return self._run("--dump-dom", self._page(html))

    def title(self, html: str) -> str:
        """Return the title of a page, once its scripts have run."""
        found = re.search(r"<title>(.*?)</title>", self.dom(html), re.DOTALL)
        return found.group(1) if found else ""

    def widths(self, html: str, window: int) -> tuple[int, int]:
        """Return how wide a page is in a window of so many pixels, and the window."""
        open_page = re.sub(r"<meta http-equiv[^>]*>", "", html).replace(
            "</body>", f"{MEASURE}</body>"
        )
        self.window = window
        wide, inner, _ = self.title(open_page).split()
        return int(wide), int(inner)

    def pdf(self, html: str) -> bytes:
        """Return a page as it is printed."""
        target = self.folder / "page.pdf"
        self._run(f"--print-to-pdf={target}", self._page(html))
        return target.read_bytes()

    window = 1000

    def _page(self, html: str) -> str:
        page = self.folder / "page.html"
        page.write_text(html, encoding="utf-8")
        return page.as_uri()

    def _run(self, *arguments: str) -> str:
        command = [
            self.program,
            *FLAGS,
            f"--user-data-dir={self.folder / 'profile'}",
            f"--window-size={self.window},1200",
            *arguments,
        ]
        ran = subprocess.run(command, capture_output=True, check=True, timeout=120)
        return ran.stdout.decode("utf-8", "replace")
