"""A real browser for the tests of pages in HTML: the one that is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from worksheets.sheet import Sheet

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
"""What the browser would do beside showing the page."""


@contextmanager
def browser() -> Iterator[Browser]:
    """The installed browser; without one the tests are skipped, but never in CI."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("no browser (chromium, google-chrome) is installed")
    assert program is not None, "no browser is installed, and CI runs every test"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield running
        running.close()


@dataclass
class Opened:
    """A page in the browser, and what it asked for and complained of."""

    page: Page
    trouble: list[str] = field(default_factory=list)


def opened(context: BrowserContext, path: Path) -> Opened:
    """A file, opened as a student would, with everything noted that a page which needs nothing must not do."""
    found = Opened(context.new_page())

    def asked(request: Request) -> None:
        if not request.url.startswith((path.as_uri(), "data:", "blob:")):
            found.trouble.append(f"asked for {request.url}")

    found.page.on("request", asked)
    found.page.on("console", lambda message: found.trouble.append(f"{message.type}: {message.text}"))
    found.page.on("pageerror", lambda error: found.trouble.append(str(error)))
    found.page.goto(path.as_uri())
    return found


def written(folder: Path, sheet: Sheet, solution: bool = False) -> Path:
    path = folder / ("solution.html" if solution else "sheet.html")
    path.write_bytes(sheet.print("html", solution))
    return path
