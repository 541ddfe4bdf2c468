"""The portal as granian serves it to the browser tests: `tests.support.served:app`, or its job runner.

SERVED_FOLDER names a folder with `portal.db`, SERVED_PORT the port of its address, SERVED_DATABASE another
database than that file, SERVED_OIDC the issuer of a local sign-in provider (tests/support/oidc_provider.py),
if there is one.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from flask import Flask

from portal import create_app
from tests.support import nik_scan
from tests.support.apps import make_settings
from tests.support.oidc_provider import oidc_settings


def served_app() -> Flask:
    """create_app() as in development: errors become pages, jobs go to the queue."""
    nik_scan.record()
    folder = Path(os.environ["SERVED_FOLDER"])
    url = os.environ.get("SERVED_DATABASE") or f"sqlite:///{folder / 'portal.db'}"
    settings = make_settings(url, folder)
    port = int(os.environ["SERVED_PORT"])
    named = oidc_settings(os.environ["SERVED_OIDC"]) if os.environ.get("SERVED_OIDC") else {}
    return create_app(
        replace(settings, testing=False, base_url=f"http://127.0.0.1:{port}", port=port, **named)
    )


def run_jobs() -> None:
    """The job runner of the served portal."""
    from portal.core.queue import work

    work(served_app())


if __name__ == "__main__":
    run_jobs()
elif "SERVED_FOLDER" in os.environ:
    app = served_app()
