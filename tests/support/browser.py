"""A served portal and a browser before it: signing in, looking at a page as axe does, letting days pass."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from axe_core_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, Page

from portal.core import clock
from portal.core.db import db, transaction
from tests.support import databases
from tests.support.apps import build_template, make_app
from tests.support.sign_in import sign_in
from tests.support.world import World, build_world

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = (
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1366, "height": 768}


@dataclass
class Served:
    """A running portal. `app` is the same portal in this process, for worlds and direct looks."""

    url: str
    folder: Path
    app: Flask
    world: World
    browser: Browser
    shots: Path | None = None
    seen: set[str] = field(default_factory=set)

    def cookie(self, name: str) -> dict[str, Any]:
        """A browser cookie of a fresh session of an account of the world."""
        client = self.app.test_client()
        sign_in(self.app, client, self.world.users[name])
        found = client.get_cookie("balai")
        assert found is not None
        return {"name": "balai", "value": found.value, "url": self.url, "httpOnly": True, "sameSite": "Lax"}

    @contextmanager
    def visitor(
        self, name: str = "", *, javascript: bool = True, viewport: Any = None, quiet: bool = True
    ) -> Iterator[Page]:
        """A page of a new browser context, signed in as an account of the world.

        quiet: fail at the end when the console or the page complained meanwhile.
        """
        context = self.browser.new_context(
            base_url=self.url, viewport=viewport or PHONE, java_script_enabled=javascript, locale="id-ID",
            timezone_id="Asia/Jakarta", reduced_motion="reduce", accept_downloads=True,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        if name:
            context.add_cookies([self.cookie(name)])  # type: ignore[list-item]
        page = context.new_page()
        noises = listen(page)
        try:
            yield page
            assert not (quiet and noises), f"the console said: {noises}"
        finally:
            context.close()

    def log(self) -> str:
        """The end of what the server said: why it answered with an error."""
        return (self.folder / "server.log").read_text(errors="replace")[-1500:]

    def sql(self, text: str, **values: Any) -> list[Any]:
        """Rows of a statement; its own transaction."""
        with self.app.app_context(), transaction() as session:
            result = session.execute(sa.text(text), values)
            return list(result) if result.returns_rows else []

    def days_pass(self, batch_id: int, days: int) -> None:
        """Move a class into the past, as if so many days had gone by."""
        from portal.batches.models import Batch, ClassSession

        span = timedelta(days=days)
        with self.app.app_context(), transaction() as session:
            batch = session.get(Batch, batch_id)
            assert batch is not None
            batch.opens_at, batch.closes_at = batch.opens_at - span, batch.closes_at - span
            batch.starts_on, batch.ends_on = batch.starts_on - span, batch.ends_on - span
            for meeting in session.scalars(sa.select(ClassSession).where(ClassSession.batch_id == batch_id)):
                meeting.starts_at, meeting.ends_at = meeting.starts_at - span, meeting.ends_at - span


def listen(page: Page) -> list[str]:
    """Errors of the page and of its console from now on; answers that a test forced are its own business."""
    noises: list[str] = []

    def hear(message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            noises.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: noises.append(f"{page.url}: {error}"))
    return noises


# ---- looking ----


@cache
def _axe() -> str:
    return str(AXE_SCRIPT)


def _axe_findings(page: Page) -> list[str]:
    options = {"resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options).then(r => r.violations)", options)
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        for node in one["nodes"][:4]
    ]


OVERFLOW = """() => {
  const root = document.documentElement, width = root.clientWidth;
  if (root.scrollWidth <= width) return '';
  const clipped = (node) => {
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== 'visible') return true;
    return false;
  };
  const wide = (node) => node.getBoundingClientRect().right > width + 0.5 && !clipped(node);
  const shown = [...document.querySelectorAll('body *')].filter(wide).slice(-3);
  return `${root.scrollWidth} of ${width}: ` + shown.map((node) => node.outerHTML.slice(0, 120)).join(' | ');
}"""
# Closed, they have boxes that axe takes for visible; open, their content is looked at as well.
OPEN_FOLDS = "() => document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true; })"
TEXT_SIZE = "(size) => { document.documentElement.style.fontSize = size; }"
# The font is optional: on a slow line the page stands in whatever the device has, often a wider one.
FONT = "(font) => { document.documentElement.style.setProperty('--font', font); }"
FONTS = ("", "'DejaVu Sans', sans-serif")


def _overflow(page: Page) -> str:
    """What sticks out to the right, or ''."""
    return str(page.evaluate(OVERFLOW))


def _take_shots(page: Page, name: Path) -> None:
    """Pictures of all four, as high as the page, so that a bar at the bottom stands at the bottom."""
    for device, viewport in (("laptop", LAPTOP), ("phone", PHONE)):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        height = page.evaluate("() => document.documentElement.scrollHeight")
        page.set_viewport_size(
            {"width": viewport["width"], "height": max(viewport["height"], min(height, 6000))}
        )
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=name.with_name(f"{name.name}.{device}.{scheme}.png"))


def look(served: Served, page: Page, name: str) -> list[str]:
    """Everything wrong with the page as it stands: axe on phone and laptop, light and dark; sideways scroll.

    With PORTAL_SHOTS, pictures of all four go there.
    """
    wrong: list[str] = []
    if served.shots:
        _take_shots(page, served.shots / _slug(name))
    page.evaluate(_axe())
    page.evaluate(OPEN_FOLDS)
    for device, viewport in (("laptop", LAPTOP), ("phone", PHONE)):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            wrong += [f"{name} {device} {scheme}: {line}" for line in _axe_findings(page)]
    page.emulate_media(color_scheme="light")
    for width, size in ((360, ""), (320, ""), (320, "200%")):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate(TEXT_SIZE, size)
        for font in FONTS:
            page.evaluate(FONT, font)
            if found := _overflow(page):
                wrong.append(f"{name} scrolls sideways at {width} {size} {font}: {found}")
    page.evaluate(FONT, "")
    page.evaluate(TEXT_SIZE, "")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return wrong


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "home"


# ---- serving ----


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with urllib.request.urlopen(f"{url}/sehat", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within three minutes")


@contextmanager
def serve(folder: Path, browser: Browser, **named: str) -> Iterator[Served]:
    """A portal of its own in `folder`, with a world, served by granian, its job runner beside it.

    named: further environment of the served portal (tests/support/served.py)."""
    databases.ensure_template(build_template)
    shutil.copyfile(databases.run_folder() / "template.db", folder / "portal.db")
    app = make_app(f"sqlite:///{folder / 'portal.db'}", folder)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    app.extensions["portal_settings"] = replace(app.extensions["portal_settings"], base_url=url)
    with app.app_context():
        world = build_world(clock.now(), passwords=True)
        db.session.remove()
    environment = {**os.environ, "SERVED_FOLDER": str(folder), "SERVED_PORT": str(port), **named}
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "1", "--log-level", "warning", "tests.support.served:app",
    ]  # fmt: skip
    output = (folder / "server.log").open("wb")
    started = [
        subprocess.Popen(line, cwd=ROOT, env=environment, stdout=output, stderr=output)
        for line in (command, [sys.executable, "-m", "tests.support.served"])
    ]
    try:
        _wait(url, started[0])
        shots = os.environ.get("PORTAL_SHOTS")
        if shots:
            Path(shots).mkdir(parents=True, exist_ok=True)
        yield Served(url, folder, app, world, browser, Path(shots) if shots else None)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        output.close()
        with app.app_context():
            db.engine.dispose()
