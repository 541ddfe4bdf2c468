"""The way in: a code typed or scanned, or many at once."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from portal.core.htmx import render
from portal.core.permissions import public

from ._common import blueprint


@blueprint.get("/verifikasi")
@public(bare=True)
def lookup() -> Any:
    """Type a code; a code goes on to its page."""
    text = request.args.get("kode", "").strip()
    if text:
        compact = "".join(c for c in text if c.isalnum())[:40].upper()
        if compact:
            return redirect(url_for("verification.show", code=compact), 303)
    error = "kode" in request.args
    return render("verification/lookup.html", error=error)
