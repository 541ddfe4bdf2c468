"""The offline page, what it takes along, and what makes it installable."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from flask import Response, current_app, request, url_for

from portal.core import clock
from portal.core.htmx import render
from portal.core.permissions import public
from portal.core.words import gettext as _

from ._common import base_url, blueprint

#: How long others may keep the data; the page itself asks anew each time (ETag).
MAX_AGE = 300
PARTS = ("qr", "decide", "bundle", "scan")
FILES = (
    "css/app.css", "fonts/pjs-400.woff2", "fonts/pjs-700.woff2", "ikon.svg", "icons/192.png",
    "js/offline.js", *(f"js/{name}.js" for name in PARTS), "vendor/qr-decode.js", "vendor/ed25519.js",
)  # fmt: skip
PAGES = ("/offline", "/en/offline")
MANIFESTS = ("/manifest.webmanifest", "/en/manifest.webmanifest")
ICONS = (("ikon.svg", "any", "any"), ("icons/192.png", "192x192", "any"), ("icons/512.png", "512x512", "any"),
         ("icons/512-maskable.png", "512x512", "maskable"))  # fmt: skip


def asset(name: str) -> str:
    """The hashed address of a static file."""
    find: Any = current_app.jinja_env.globals["asset"]
    return str(find(name))


def shell_version() -> str:
    """Changes with any file of the offline page; the page carries it, and the service worker."""
    return hashlib.sha256("\n".join(asset(name) for name in FILES).encode()).hexdigest()[:16]


@blueprint.context_processor
def where_things_are() -> dict[str, Any]:
    """For the scanning piece: the portal's own address, which a QR of ours carries."""
    return {"base_url": base_url(), "shell_version": shell_version}


@blueprint.get("/offline")
@public(bare=True)
def offline() -> Any:
    """Check a QR without a network. All work is done by js/offline.js on the device."""
    return render("verification/offline.html")


@blueprint.get("/offline/data.json")
@public(bare=True)
def offline_data() -> Any:
    """The signed document of certificate keys and status lists (portal.certificates.offlinebundle)."""
    bundle = current_app.extensions["offline_bundle"].get(clock.now())
    response = Response(bundle.body, mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.cache_control.public = True
    response.cache_control.max_age = MAX_AGE
    response.set_etag(bundle.etag)
    return response.make_conditional(request)


@blueprint.get("/sw.js")
@public(bare=True)
def service_worker() -> Any:
    """js/sw.js under a root address, so that it may serve /offline, with the list of what it keeps."""
    manifest = current_app.extensions["assets"]
    script = Path(manifest.folder, manifest.names["js/sw.js"]).read_text("utf-8")
    shell = [*PAGES, *MANIFESTS, *(asset(name) for name in FILES)]
    head = f"const SHELL = {json.dumps(shell)};\nconst VERSION = {json.dumps(shell_version())};\n"
    response = Response(head + script, mimetype="text/javascript")
    # A browser asks for a new worker at each visit; it must never be given an old one.
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/manifest.webmanifest")
@public(bare=True)
def web_manifest() -> Any:
    """What makes /offline installable, in the language of the address."""
    page = url_for("verification.offline")
    body = {
        "id": page,
        "name": _("Balai: periksa sertifikat"),
        "short_name": _("Periksa"),
        "lang": "en" if page.startswith("/en/") else "id",
        "start_url": page,
        "scope": page,
        "display": "standalone",
        "background_color": "#f6f8f7",
        "theme_color": "#083f3d",
        "icons": [
            {"src": asset(name), "sizes": sizes, "purpose": purpose,
             "type": "image/svg+xml" if name.endswith(".svg") else "image/png"}
            for name, sizes, purpose in ICONS
        ],
    }  # fmt: skip
    response = Response(json.dumps(body, ensure_ascii=False), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response
