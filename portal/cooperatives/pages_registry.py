"""A register on its way in as its page shows it: prepared values, in the language of the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for

from portal.cooperatives.labels_register import COLUMN_TITLES, reason_text
from portal.cooperatives.queries.registry import BAD_A_PAGE, RegistryImportView
from portal.cooperatives.services.registry import is_stopped
from portal.core.formatting import number
from portal.core.words import gettext as _


def import_context(view: RegistryImportView, now: datetime) -> dict[str, Any]:
    """What the page of one register needs."""
    found, job = view.found, view.job
    summary = found.summary
    is_busy = found.state in ("reading", "importing")
    return {
        "found": found,
        "job": job,
        "here": url_for("cooperatives.registry_file", import_id=found.id),
        "is_stopped": bool(is_busy and job and is_stopped(job, now)),
        "is_polled": bool(is_busy and job and not is_stopped(job, now)),
        "tiles": _tiles(summary),
        "good": summary.get("new", 0) + summary.get("changed", 0),
        "bad_count": summary.get("result", summary).get("bad", 0),
        "bad": [(row, reason_text(reason), _excerpt(data)) for row, reason, data in view.bad.items],
        "listing": view.bad,
        "first": (view.bad.number - 1) * BAD_A_PAGE + 1,
        "columns": [COLUMN_TITLES[name] for name in COLUMN_TITLES if name in summary["columns"]],
    }


def _tiles(summary: dict[str, Any]) -> list[tuple[str, ...]]:
    if "new" not in summary:
        return []
    result = summary.get("result")
    counts = result or summary
    return [
        (number(counts["new"]), _("koperasi ditambahkan") if result else _("koperasi baru")),
        (number(counts["changed"]), _("diperbarui") if result else _("akan berubah")),
        (number(counts["same"]), _("sudah sama")),
        (number(counts["bad"]), _("baris bermasalah")),
    ]


def _excerpt(data: dict[str, Any]) -> str:
    """The first cells of a row, for whoever looks for it in the sheet."""
    cells = data.get("cells") or [data.get("name", "")]
    return " · ".join(str(cell) for cell in cells[:6] if str(cell).strip())[:140]
