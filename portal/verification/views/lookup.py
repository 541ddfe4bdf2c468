"""The way in: a code typed or scanned, or many at once."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from portal.core.htmx import render
from portal.core.permissions import public
from portal.verification.lines import read_cell

from ._common import base_url, blueprint


@blueprint.get("/verifikasi")
@public(bare=True)
def lookup() -> Any:
    """Type a code, or paste what a QR says; either goes on to the code's page."""
    text = request.args.get("kode", "").strip()
    line = read_cell(text, base_url())
    compact = "".join(c for c in line.text if c.isascii() and c.isalnum()).upper()
    if compact and line.problem != "foreign":
        return redirect(url_for("verification.show", code=compact, _anchor=line.fragment), 303)
    return render(
        "verification/lookup.html",
        error="kode" in request.args,
        foreign=line.text if line.problem == "foreign" else "",
    )
