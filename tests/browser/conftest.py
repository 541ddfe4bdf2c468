"""One server, one browser and one small world for all browser tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import FLAGS, Served, serve
from tools.browser import find_browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this machine; skipped where there is none."""
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium was found (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def served(worker_folder: Path, browser: Browser) -> Iterator[Served]:
    """The served portal of this worker."""
    folder = worker_folder / "served"
    folder.mkdir()
    with serve(folder, browser) as running:
        yield running
