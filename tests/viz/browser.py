"""A served app and a real browser, for user journeys. Uses only this machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.conftest import ROOT

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Return the browser's path; without one, tests are skipped, or fail if REQUIRE_BROWSER is set."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "no chromium on this machine: `apt install chromium` runs the browser tests"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@contextmanager
def served(script: Path = ROOT / "app.py", *, errors: Path | None = None, before: Sequence[str] = ()) -> Iterator[str]:
    """Serve an app on a free loopback port and yield its address; `before` is a prefix of its command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*before, sys.executable, "-m", "tests.viz.idle_server", "run", str(script), "--server.port", str(port)]
    with (errors or Path(os.devnull)).open("w") as log:
        server = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1_200):
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310  # the loopback
                    break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("the server did not start within two minutes")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


@dataclass
class Visit:
    """A page and the problems that occurred on it: errors, and requests to other servers."""

    page: Page
    address: str
    troubles: list[str] = field(default_factory=list)

    def open(self, query: str = "", *, seen: str = "g.node") -> Page:
        self.page.goto(f"{self.address}/{query}")
        self.page.wait_for_selector(seen)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the script has finished."""
        self.page.wait_for_timeout(250)
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


@contextmanager
def visiting(address: str, *, width: int = 1366, height: int = 768, scheme: str = "light") -> Iterator[Visit]:
    """Start a browser with one page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        try:
            yield _visit(browser, address, viewport={"width": width, "height": height}, color_scheme=scheme)
        finally:
            browser.close()


def elsewhere(visit: Visit) -> Visit:
    """Open the same address as another visitor, who shares nothing with the first."""
    return _visit(visit.page.context.browser, visit.address, viewport=visit.page.viewport_size)


def _visit(browser: Browser, address: str, **options: Any) -> Visit:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(240_000)  # a busy machine is not an error
    visit = Visit(page, address)

    def requested(request: Request) -> None:
        if not request.url.startswith((address, address.replace("http", "ws"), "data:", "blob:")):
            visit.troubles.append(f"request to {request.url}")

    def said(message: ConsoleMessage) -> None:
        # on a page's own address Streamlit first looks for its server below it, which gives two 404s
        if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
            visit.troubles.append(message.text)

    page.on("pageerror", lambda error: visit.troubles.append(f"error: {error}"))
    page.on("console", said)
    page.on("request", requested)
    return visit
