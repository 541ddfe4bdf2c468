"""Where Chromium is on this machine, for the browser journeys."""

from __future__ import annotations

import os
import shutil

NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """Path of a Chromium: $PORTAL_BROWSER, then the usual names; None where there is none."""
    for name in (os.environ.get("PORTAL_BROWSER"), *NAMES):
        found = shutil.which(name) if name else None
        if found:
            return found
    return None
